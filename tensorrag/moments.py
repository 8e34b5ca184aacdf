"""Times with an offset from UTC, beside times that have none."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(moment: datetime) -> datetime:
    """Return a time without an offset: in UTC where it has one, else as it is.

    Raises:
        OverflowError: it is before the year 1, or after 9999, in UTC.
    """
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
