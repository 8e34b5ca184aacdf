"""Numbers as people type them: 1,000 and 0,5 and −3."""

from __future__ import annotations

import math
import re

_GROUPED = re.compile(r"-?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?")
"""Commas between thousands: a number below one has none, so 0,001 is a thousandth."""
_SPACES = re.compile(r"[\s_]")


def number_of(typed: str) -> float | None:
    """Read a number; None where it is none, or could be more than one."""
    text = _SPACES.sub("", typed).replace("−", "-")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    elif text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def count_of(sent: str) -> int | None:
    """Read a whole number as the page writes it; None of anything else that a browser sends."""
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else None
