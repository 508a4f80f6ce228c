"""Other generators, asked for the same 26 columns in the same partitions; whole Spark jobs of their own."""
