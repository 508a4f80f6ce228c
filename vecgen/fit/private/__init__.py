"""Fits with differential privacy: from tables that each customer changes by a bound, with noise that hides anyone."""
