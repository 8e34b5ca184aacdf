"""Every error says what to do: the message what is wrong and where, the hint how to go on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorrag import errors
from tensorrag.check.problems import Problem
from web.page.inspector.outcome import last_place

ROOT = Path(__file__).parents[1]
PACKAGES = ("tensorrag", "cards", "executors", "web")
FILES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
CARRIERS = {"CardFailed", "TaskFailed", "PipelineHasErrors"}
"""They carry an error that has its hint."""
WANTED = {"RunCancelled"}
"""It is what somebody asked for: there is nothing to be done."""
SAME = {"SourceChanged", "TooLarge"}
"""They give the same hint, whatever it is about."""


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def kinds(trees: dict[Path, ast.Module]) -> set[str]:
    """The names of all deliberate errors, wherever they are defined."""
    found = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.TensorRagError)
    }
    classes = [n for tree in trees.values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    while True:
        more = {c.name for c in classes if any(name_of(base) in found for base in c.bases)} - found
        if not more:
            return found
        found |= more


def made(tree: ast.Module, wanted: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in wanted:
            yield node


def test_every_error_has_a_hint() -> None:
    trees = {path: ast.parse(path.read_text()) for path in FILES}
    public = {name for name in kinds(trees) if not name.startswith("_")}
    wanted = public - CARRIERS - WANTED - SAME
    calls = [(path, call) for path, tree in trees.items() for call in made(tree, wanted)]
    bare = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)}"
        for path, call in calls
        if not any(keyword.arg in ("hint", None) for keyword in call.keywords)
    ]

    assert len(calls) > 150
    assert not bare, "\n".join(["Say what to do, in a hint:", *bare])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("price"), "KeyError: 'price'"),
        (AssertionError(), "AssertionError"),
        (ValueError("could not convert string to float: 'x'"), "could not convert"),
    ],
)
def test_what_a_card_never_thought_of_has_one_too(error: Exception, message: str) -> None:
    told = errors.ErrorInfo.of(error)

    assert told.message.startswith(message)
    assert "log" in told.hint


def test_nobody_who_writes_a_sentence_commands_the_terminal_or_turns_the_text() -> None:
    given = "It is \x1b[31mred\x1b[0m and \u202eturned.\nIt may have lines."
    shown = "It is \ufffd[31mred\ufffd[0m and \ufffdturned.\nIt may have lines."
    error = errors.TensorRagError(given, hint=given)
    told = errors.ErrorInfo(type="CardTimeout", message=given, hint=given)
    problem = Problem(code="odd", message=given, hint=given)

    for sentence in (error, told, problem):
        assert (sentence.message, sentence.hint) == (shown, shown)


def test_where_a_card_failed_is_said_in_its_own_code() -> None:
    trace = """Traceback (most recent call last):
  File "/home/me/tensorrag/perform.py", line 81, in _run
    card.run(table)
  File "<prices.py>", line 12, in run
    frame["price"]
  File "/venv/lib/python3.11/site-packages/pandas/core/frame.py", line 4102, in __getitem__
    indexer = self.columns.get_loc(key)
  File "pandas/_libs/index.pyx", line 172, in get_loc
KeyError: 'price'
"""
    assert last_place(trace) == "prices.py, line 12"
    assert (
        last_place(trace.replace("<prices.py>", "/home/me/cards/prices.py")) == "prices.py, line 12"
    )
    assert last_place("KeyError: 'price'") == ""


def test_a_card_that_leaves_is_told_to_have_left() -> None:
    told = errors.ErrorInfo.of(SystemExit(0))

    assert told.type == "SystemExit"
    assert told.message == "The card ended itself by sys.exit(0), without giving a result."
