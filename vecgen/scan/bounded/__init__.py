"""Counts with a bound on what each customer adds, for differential privacy."""
