"""What values the train rows had: whoever asks about others is warned."""

from __future__ import annotations

from typing import Any

from cards._learning.rows import Examples


def seen(rows: Examples) -> dict[str, Any]:
    """Return least and greatest of each number, and the values of each category, as JSON."""
    columns = {name: rows.column(name) for name in rows.features}
    return {
        "ranges": {name: _ends(columns[name]) for name in rows.numbers},
        "values": {name: sorted(set(columns[name].dropna())) for name in rows.categories},
    }


def _ends(column: Any) -> tuple[float, float]:
    import numpy as np

    return float(np.nanmin(column)), float(np.nanmax(column))
