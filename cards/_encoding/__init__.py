"""Ways to put numbers in the place of categories."""
