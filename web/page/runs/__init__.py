"""The runs of a pipeline: where they stand, their course, and the strip that shows them."""
