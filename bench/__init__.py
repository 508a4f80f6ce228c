"""Measurements by hand: every speed claim of this project has its command here and its raw result in `results/`."""
