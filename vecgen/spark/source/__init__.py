"""vecgen as a data source of Spark, batch and stream."""
