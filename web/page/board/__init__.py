"""The canvas of one tab, and what is laid over it."""
