"""Numbers as people type them: 1,000 and 0,5 and −3."""

from __future__ import annotations

import math
import re

_GROUPED = re.compile(r"-?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?")
"""Commas between thousands: a number below one has none, so 0,001 is a thousandth."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")
"""Surely fits in 64 bits."""
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


def exact_of(typed: str) -> int | float | None:
    """Read a number, a whole one to its last digit; None where it is none."""
    text = typed.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    number = number_of(text)
    is_whole = number is not None and number.is_integer() and abs(number) < 2**53
    return int(number) if is_whole and number is not None else number


def count_of(sent: str) -> int | None:
    """Read a whole number as the page writes it; None of anything else that a browser sends."""
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else None
