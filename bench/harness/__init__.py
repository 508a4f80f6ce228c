"""How commands are measured and results kept."""
