"""Where the source of a module lies, found without running any of it."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


def source_file(module: str) -> Path | None:
    """Return the Python file of a module, or of a package its ``__init__.py``.

    None where it is not made of ordinary files: in a zip, or behind an import hook.
    """
    spec = _spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def source_folder(module: str) -> Path | None:
    """Return the folder of the package that a module is, or lies in; None as `source_file`."""
    file = source_file(module.partition(".")[0])
    return file.parent if file is not None and file.name == "__init__.py" else None


def python_files(folder: Path | None, *, deep: bool = False) -> list[Path]:
    """Return the Python files of a folder, in order; with ``deep``, of those in it too.

    Links to nowhere, pipes and devices are none, nor is what is hidden: editors and other systems
    leave such beside a file. Whatever is listed may be gone by the time it is read.
    """
    found = folder.glob("**/*.py" if deep else "*.py") if folder is not None else ()
    return sorted(path for path in found if not path.name.startswith(".") and path.is_file())


def _spec(module: str) -> ModuleSpec | None:
    path: list[str] | None = sys.path
    spec = None
    for name in module.split("."):
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or [])
    return spec
