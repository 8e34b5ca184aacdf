"""The descriptions of cards, kept from one start to the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tensorrag.catalog import Catalog
from tensorrag.registry import catalog_cache
from tensorrag.registry.finding import Registry
from tests.core.engine import CARDS


@pytest.fixture
def drop_ins(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "numbers.py").write_text(CARDS)
    return folder


@pytest.fixture
def catalog(drop_ins: Path) -> Catalog:
    return Registry.load(drop_ins).catalog()


def test_a_kept_catalog_is_known_again(drop_ins: Path, catalog: Catalog) -> None:
    assert catalog_cache.known_catalog(drop_ins) is None

    catalog_cache.keep(drop_ins, catalog)

    assert catalog_cache.known_catalog(drop_ins) == catalog
    listing = catalog_cache.known_listing(drop_ins)
    assert listing == [info.listing() for info in catalog.cards.values()]


def test_a_card_that_was_changed_added_or_removed_makes_it_unknown(
    drop_ins: Path, catalog: Catalog
) -> None:
    catalog_cache.keep(drop_ins, catalog)
    os.utime(drop_ins / "numbers.py", (1, 1))
    assert catalog_cache.known_catalog(drop_ins) is None

    catalog_cache.keep(drop_ins, catalog)
    (drop_ins / "more.py").touch()
    assert catalog_cache.known_catalog(drop_ins) is None

    catalog_cache.keep(drop_ins, catalog)
    (drop_ins / "numbers.py").unlink()
    assert catalog_cache.known_catalog(drop_ins) is None


def test_what_an_editor_leaves_beside_a_card_changes_nothing(
    drop_ins: Path, catalog: Catalog
) -> None:
    catalog_cache.keep(drop_ins, catalog)
    (drop_ins / ".#numbers.py").symlink_to("somebody@somewhere.123:456")
    (drop_ins / "round.py").symlink_to("round.py")
    assert catalog_cache.known_catalog(drop_ins) == catalog
    catalog_cache.keep(drop_ins, catalog)


def test_a_pack_that_was_installed_makes_it_unknown(
    drop_ins: Path, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog_cache.keep(drop_ins, catalog)
    pack = tmp_path / "site"
    info = pack / "shop-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tensorrag.cards]\nshop = shop_cards\n")
    (pack / "shop_cards.py").touch()

    monkeypatch.syspath_prepend(str(pack))

    assert catalog_cache.known_catalog(drop_ins) is None


def test_what_cannot_be_kept_is_not(drop_ins: Path, catalog: Catalog) -> None:
    (drop_ins.parent / "cache").touch()

    catalog_cache.keep(drop_ins, catalog)

    assert catalog_cache.known_catalog(drop_ins) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"made_from": 1}'])
def test_a_damaged_file_is_as_none(drop_ins: Path, catalog: Catalog, content: str) -> None:
    catalog_cache.keep(drop_ins, catalog)
    (file,) = (drop_ins.parent / "cache").iterdir()
    file.write_text(content)

    assert catalog_cache.known_catalog(drop_ins) is None
    assert catalog_cache.known_listing(drop_ins) is None
