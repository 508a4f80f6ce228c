"""vecgen inside Spark: thin adapters that decide nothing."""
