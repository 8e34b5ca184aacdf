"""A field tried with several values, and what came of each."""
