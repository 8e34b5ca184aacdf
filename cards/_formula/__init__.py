"""Formulas over the columns of a table: held against these, and turned into Arrow's kernels.

What can be written is told in ``tensorrag.formula``, which reads it into a tree. Nothing of it is
ever handed to Python or pandas: the tree becomes calls of Arrow's kernels (``formula``), one for
each of ``functions.FUNCTIONS``. Length, depth and the use of patterns are bounded.
"""
