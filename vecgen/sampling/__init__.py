"""Random bits and distributions: counter-based words, permutations, discrete and gamma draws by inversion."""
