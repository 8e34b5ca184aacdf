"""Times as they are written, those with an offset from UTC too, beside times that have none."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

POINTED = [f"%d.%m.%{year}{time}" for year in "yY" for time in ("", " %H:%M", " %H:%M:%S")]
"""How days and times are written with points. Two digits of a year come first: four of them are
no such year, while two would be one of antiquity."""


def in_utc(moment: datetime) -> datetime:
    """Return a time without an offset: in UTC where it has one, else as it is.

    Raises:
        OverflowError: it is before the year 1, or after 9999, in UTC.
    """
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def moment_of(text: str) -> datetime:
    """Read a day or a time as it stands in a file; in UTC where it has an offset.

    Raises:
        ValueError: it is none.
        OverflowError: it is before the year 1, or after 9999, in UTC.
    """
    with suppress(ValueError):
        return in_utc(datetime.fromisoformat(text))
    for form in POINTED:
        with suppress(ValueError):
            return datetime.strptime(text, form)
    raise ValueError(text)
