"""The Spark at hand: its version, session, jobs and failures."""
