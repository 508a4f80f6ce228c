"""Customers files of a user: CSV or Parquet, every value checked."""
