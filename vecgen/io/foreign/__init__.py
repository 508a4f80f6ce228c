"""Files of others, read as ours."""
