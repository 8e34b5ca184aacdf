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
functions       those that a card computes
=============== ==========================================================================

The text becomes tokens (``tokens``), these a tree (``tree``); ``clauses`` reads a condition as
rows. What it computes with is the business of cards.
"""
