"""Who of a workspace lives in another container is told by what it has locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorrag.store import presence as presences
from tensorrag.store.presence import Presence


def test_where_nothing_can_be_locked_who_is_elsewhere_counts_as_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = Presence(tmp_path / "owners.lock")
    here = presence.here()
    elsewhere = here._replace(host=f"{here.host}0")
    assert elsewhere.is_numbered_elsewhere
    assert not presence.is_alive(elsewhere)

    def refuse(*_: object) -> bool:
        raise OSError("no locks available")

    monkeypatch.setattr(presences, "_is_locked", refuse)

    assert presence.is_alive(elsewhere)
