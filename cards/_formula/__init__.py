"""A small language for conditions and new columns, which can do nothing but compute.

=============== ==========================================================================
column          ``price``, or in backticks where it is no plain word: `` `floor area` ``
number, text    ``12``, ``0.5``, ``1e6``; ``'text'`` or ``"text"``, a quote in it doubled
yes, no         ``true``, ``false``
date            text in the form of a date, beside a date: ``sold >= '2024-12-31'``
compute         ``+  -  *  /  %  ^``
compare         ``==  !=  <  <=  >  >=``, ``city in ('Rome', 'Oslo')``, ``not in``
combine         ``and``, ``or``, ``not``, brackets
missing         ``price is missing``, ``price is not missing``
functions       those of ``functions.FUNCTIONS``
=============== ==========================================================================

What is computed from a missing value is missing, and so is what has no finite result, such as
``1 / 0``. Nothing of it is ever handed to Python or pandas: the text becomes tokens
(``tokens``), these a tree (``tree``), and that is held against the columns and turned into calls
of Arrow's kernels (``formula``). Length, depth and the use of patterns are bounded.
"""
