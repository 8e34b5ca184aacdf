"""Cards of one's own: a file in the drop-in folder, or a pack installed with pip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tensorrag import CardError
from tensorrag.catalog import Notice
from tensorrag.errors import CardNotFound
from tensorrag.registry.finding import Registry
from tensorrag.registry.loading import load_card

SHOUT = '''
from typing import NamedTuple

from tensorrag import Card, Table, TableSchema


class FirstRows(Card):
    """Keep the first rows."""

    rows: int = 5
    """How many rows to keep."""

    class Out(NamedTuple):
        table: Table

    def run(self, table: Table) -> Out:
        return self.Out(Table(table.arrow.slice(0, self.rows), like=table))

    def propagate(self, table: TableSchema) -> TableSchema:
        return table.model_copy(update={"rows": None})
'''


def test_a_file_in_the_folder_is_a_card(tmp_path: Path) -> None:
    (tmp_path / "first_rows.py").write_text(SHOUT)

    registry = Registry.load(tmp_path)

    info = registry.get("first_rows").info
    assert (info.title, info.source) == ("First Rows", SHOUT)
    assert info.params["properties"]["rows"]["description"] == "How many rows to keep."
    assert registry.notices == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SHOUT + "\n    def", "Line 22"),
        (SHOUT.replace("Table, TableSchema", "Table, Nothing"), "ImportError"),
        (SHOUT.replace('"""Keep the first rows."""', ""), "no docstring"),
        (SHOUT.replace("FirstRows", "Other").replace("    rows", "    id = 'first_rows';rows")
         + "\n(", "Line"),
    ],
)  # fmt: skip
def test_a_card_whose_file_is_broken_names_the_file(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    registry = Registry.load(tmp_path)

    with pytest.raises(CardNotFound) as refused:
        registry.get("first_rows")

    assert refused.value.message.startswith('The card "first_rows" cannot be loaded from mine.py: ')
    assert line in refused.value.message
    assert "Mend mine.py" in refused.value.hint
    assert "it is loaded once saved" in refused.value.hint
    with pytest.raises(CardNotFound, match='No card is called "second_rows"'):
        registry.get("second_rows")


def test_a_card_of_a_broken_pack_names_the_pack() -> None:
    wrong = Notice(file="pack vision", message="ImportError: No module named 'cv2'.")

    with pytest.raises(CardNotFound, match="cannot be loaded from pack vision: ImportError"):
        Registry(notices=[wrong]).get("vision/resize")


def test_a_worker_loads_a_drop_in_from_its_text(tmp_path: Path) -> None:
    (tmp_path / "first_rows.py").write_text(SHOUT)
    info = Registry.load(tmp_path).get("first_rows").info

    card = load_card(info.entry, info.source)

    assert card(rows=2).brief({}) == "rows 2"  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("class Broken(", "Line 1: '(' was never closed."),
        ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("x = 1", "The file contains no card."),
        ("x = '\0'", "source code string cannot contain null bytes."),
        (
            SHOUT.replace("rows: int", "title = 5; rows: int"),
            "title: Input should be a valid string.",
        ),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import asyncio; raise asyncio.CancelledError", "CancelledError"),
        (SHOUT + "#" * 500_000, "The file is larger than 500 kB."),
        (SHOUT.replace("int = 5", "str = chr(0xD800)"), "First Rows cannot be described as JSON"),
        (SHOUT.replace("int = 5", "str = 10**6 * 'x'"), "First Rows has 1.0 MB"),
        (
            SHOUT.replace("rows: int", "id = '../x'; rows: int"),
            '"../x" cannot be the id',
        ),
        (SHOUT.replace('"""Keep the first rows."""', ""), "FirstRows has no docstring."),
        (SHOUT.replace("FirstRows", "DataLoad"), "A card called data_load is there already."),
        (
            SHOUT.replace("    rows: int = 5", "    run: int = 5"),
            "a parameter cannot be called 'run'",
        ),
        (SHOUT.replace(": Table) -> Out", ") -> Out"), "the port 'table' has no type"),
        (SHOUT.replace(" -> Out", ""), "FirstRows.run does not say that it returns Out."),
    ],
)
def test_a_broken_file_is_a_notice_that_says_why(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "mine.py").write_text(text)

    registry = Registry.load(tmp_path)

    (notice,) = registry.notices
    assert notice.file == "mine.py"
    assert sentence in notice.message
    assert "data_load" in registry.found


def test_an_unknown_card_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CardNotFound, match='No card is called "data_laod"') as caught:
        Registry.load().get("data_laod")

    assert caught.value.hint == "Did you mean data_load?"
    assert isinstance(caught.value, CardError)


def with_a_pack(folder: Path, text: str | None, show: str) -> list[str]:
    """Install a pack as pip leaves it, a module and metadata with the entry point; show words."""
    if text is not None:
        (folder / "shouting.py").write_text(text)
    info = folder / "shouting-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tensorrag.cards]\nshouting = shouting\n")
    load = "from tensorrag.registry.finding import Registry; registry = Registry.load(); "
    ran = subprocess.run(
        [sys.executable, "-c", f"{load}print(*{show})"],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def test_a_pack_appears_through_its_entry_point(tmp_path: Path) -> None:
    found = with_a_pack(tmp_path, SHOUT, "registry.found")

    assert {"shouting/first_rows", "data_load"} <= set(found)


@pytest.mark.parametrize("text", ["raise SystemExit(3)", "import nothing_like_it"])
def test_a_pack_that_cannot_be_loaded_is_a_notice(tmp_path: Path, text: str) -> None:
    notices = with_a_pack(tmp_path, text, "[notice.file for notice in registry.notices]")

    assert notices == ["pack", "shouting"]


def test_a_card_of_a_pack_is_another_when_a_module_beside_it_changes(tmp_path: Path) -> None:
    pack = tmp_path / "shouting"
    pack.mkdir()
    helper = pack / "_helper.py"
    helper.write_text("ROWS = 5\n")
    (pack / "__init__.py").write_text(SHOUT)
    show = "[f.source_sha256 for n, f in registry.found.items() if n == 'shouting/first_rows']"

    before = with_a_pack(tmp_path, None, show)
    helper.write_text("ROWS = 6\n")

    assert len(before) == 1
    assert with_a_pack(tmp_path, None, show) != before
