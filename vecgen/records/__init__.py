"""Records beside the data: the receipt and the list of files, read back strictly."""
