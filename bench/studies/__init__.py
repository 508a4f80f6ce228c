"""Measurements, each with its command."""
