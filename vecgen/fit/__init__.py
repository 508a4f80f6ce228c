"""From data to profiles: what a dataset's counts say of the model that would make data like it."""
