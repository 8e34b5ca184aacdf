"""A model measured fold by fold: each row is held out once while others are learnt from.

`crossing` (trains and measures), `telling` (metrics, and what is shown), `settings` (the
parameters that all such cards share).
"""
