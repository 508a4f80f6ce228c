"""Rows of any dataset, checked one by one and counted."""
