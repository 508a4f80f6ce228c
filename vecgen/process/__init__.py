"""Processes of this machine: workers, memory, signals, scratch files, and how far they are."""
