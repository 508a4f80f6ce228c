"""What fraud leaves in honest rows: purchases at which cards were copied, checked and tested."""
