"""Generators that are compared."""
