"""What a comparison of two datasets counts and samples of each of them."""
