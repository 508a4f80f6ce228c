"""Datasets in other forms: Arrow tables of this process, files as the public dataset and the original have them."""
