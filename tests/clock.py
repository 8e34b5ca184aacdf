"""Promises by the clock, which `make stress` takes at their word: it runs one test at a time."""

import os

FULL = os.environ.get("TENSORRAG_STRESS") == "full"
"""Whether the tests run in their long form."""


def within(seconds: float) -> float:
    """Return how long a test waits for what is promised in this time.

    Elsewhere several tests share the machine, and being late says nothing about the product.
    """
    return seconds if FULL else 10 * seconds
