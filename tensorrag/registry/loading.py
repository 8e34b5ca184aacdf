"""Loads cards, from the modules of a pack or from the text of a file, and makes them.

This runs their modules, so it happens in a card host or a worker, never in the server.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import linecache
import os
import pkgutil
import sys
import threading
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from tensorrag.card import Card
from tensorrag.errors import CardNotFound
from tensorrag.params import parameter_errors
from tensorrag.registry.modules import python_files, source_file, source_folder

_LOADING = threading.RLock()


def module_from_source(source: str, name: str) -> types.ModuleType:
    """Make a module of a drop-in card's text.

    It is registered with ``linecache``, so that docstrings of fields and tracebacks find their
    lines. The same text gives the same module.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    module_name = f"tensorrag_drop_in_{name}_{digest}"
    with _LOADING:  # a second thread would see a module that is not yet complete
        if module_name not in sys.modules:
            _execute(source, name, module_name)
        return sys.modules[module_name]


def _execute(source: str, name: str, module_name: str) -> None:
    file = f"<{name}.py>"
    module = types.ModuleType(module_name)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.modules[module_name] = module
    # pydantic looks for field docstrings by file: found here, it need not search every module
    for known_as in (file, os.path.abspath(file)):
        inspect.modulesbyfile[known_as] = module_name
    try:
        exec(compile(source, file, "exec"), module.__dict__)  # noqa: S102 — running it is the point
    except BaseException:
        del sys.modules[module_name]
        raise


def load_card(entry: str, source: str | None = None) -> type[Card]:
    """Load one card class by its entry ``module:Class``, or from the text of its file.

    Raises:
        CardNotFound: it is not there.
    """
    module_name, _, class_name = entry.partition(":")
    try:
        if source is not None:
            stem = module_name.removeprefix("tensorrag_drop_in_").rpartition("_")[0]
            module = module_from_source(source, stem or "card")
        else:
            module = importlib.import_module(module_name)
        card = getattr(module, class_name)
    except (ImportError, AttributeError) as error:
        raise CardNotFound(
            f"The card {entry} is not installed here.", hint="Install the pack it comes from."
        ) from error
    if not (isinstance(card, type) and issubclass(card, Card)):
        raise CardNotFound(
            f"{entry} is not a card.",
            hint="Ask whoever made the pack: its entry point must name a class of cards.",
        )
    return card


def make_card(card: type[Card], params: Mapping[str, Any]) -> Card:
    """Make a card of its parameters; raises ParameterError with the first thing wrong."""
    try:
        return card(**params)
    except ValidationError as error:
        raise parameter_errors(error, card)[0] from error


def modules_of(package: types.ModuleType) -> Iterator[types.ModuleType]:
    """Go through a pack: one module, or a package with its public modules."""
    yield package
    for item in pkgutil.iter_modules(getattr(package, "__path__", [])):
        if not item.name.startswith("_"):
            yield importlib.import_module(f"{package.__name__}.{item.name}")


def cards_of(modules: Iterable[types.ModuleType]) -> Iterator[type[Card]]:
    """Go through the cards that modules define themselves."""
    for module in modules:
        for thing in vars(module).values():
            own = isinstance(thing, type) and thing.__module__ == module.__name__
            if own and issubclass(thing, Card) and not thing.__name__.startswith("_"):
                yield thing


@cache
def pack_sha256(package: str) -> str:
    """Digest of all Python files of a pack; of its name where they cannot be found."""
    folder, file = source_folder(package), source_file(package)
    files = python_files(folder, deep=True) if folder is not None else filter(None, [file])
    digest = hashlib.sha256(package.encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
