"""Arrow tables and files: schemas, assembling, digests, writers and readers."""
