"""Which rows of a table are looked at, and in which order."""
