"""Tells by its name whether a column says whom or what a row is about."""

from __future__ import annotations

import re

_APART = re.compile(r"(^|[\W_])(id|uuid|guid)$|^id[\W_]", re.IGNORECASE)
"""``customer_id``, ``Customer ID``, ``id``, ``id_patient``."""
_CAMEL = re.compile(r"[a-z0-9](Id|ID)$")
"""``customerId``, ``PatientID``."""
_RUN_TOGETHER = re.compile(
    r"(customer|client|user|patient|subject|person|member|student|household|account|device|session)id",
    re.IGNORECASE,
)
"""``userid``; other words that merely end so, such as ``paid`` and ``grid``, are no ids."""


def is_called_id(column: str) -> bool:
    """Tell whether a column is called like an id.

    Numbers and texts repeat for many reasons, so that values alone do not tell an id from a price
    or a postcode. Whoever calls a column an id says that its values stand for things.
    """
    name = column.strip()
    return any(
        found is not None
        for found in (_APART.search(name), _CAMEL.search(name), _RUN_TOGETHER.fullmatch(name))
    )
