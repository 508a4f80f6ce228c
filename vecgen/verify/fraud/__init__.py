"""What fraud of each type looks like, and what it leaves in honest rows: purchases at which cards were copied."""
