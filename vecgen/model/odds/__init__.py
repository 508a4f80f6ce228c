"""The exact probability of fraud: what one label says of rows, and what all of them say together."""
