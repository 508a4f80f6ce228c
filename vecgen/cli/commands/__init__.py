"""What each command takes and does; a module is imported when one of its `COMMANDS` is asked for."""
