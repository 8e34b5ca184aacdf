"""Logs as people read them."""
