"""The sampler itself: customers, the dates and values of their transactions, and the exact probabilities of both."""
