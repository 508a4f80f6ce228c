"""Datasets and tables of which no model is known: what they are about, and their counts."""
