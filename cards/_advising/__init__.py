"""Which models fit a table: tried on a few rows, and reckoned for all of them.

`trying` (fits a model to two samples), `reckoning` (time, limits, and which GPU is enough).
"""
