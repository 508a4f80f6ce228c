"""Datasets in other forms: as Arrow tables of this process, as files of the public layout."""
