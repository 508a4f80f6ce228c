"""A dataset of unknown model, opened and read for a comparison."""
