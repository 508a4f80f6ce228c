"""The command line: options, messages, progress."""
