"""Where files are: this machine or an object store; locks, conditional writes, checksums."""
