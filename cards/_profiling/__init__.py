"""What a table is like: its columns one by one, how they go together, and what looks odd."""
