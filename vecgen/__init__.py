"""Labelled synthetic card transactions at scale: the patterns of Sparkov, vectorised."""

__version__ = "0.1.0"
