"""Puts a script into a ZIP file, with its data, the versions that it needs, and a few words."""

from __future__ import annotations

import importlib.metadata
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from tensorrag.durable import full_disk_explained
from tensorrag.leaving.written import Written
from tensorrag.plain import JsonObject
from tensorrag.task import Task

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens a file that a script reads."""

DISTRIBUTIONS = {"sklearn": "scikit-learn"}
"""What modules come in, where that is called otherwise."""
BESIDE = {"read_parquet": "pyarrow", "read_feather": "pyarrow", "read_excel": "python-calamine"}
"""What pandas needs besides to read a file, by the function that reads it."""
FASTEST = 1
"""Level of compression: seven times as fast as the usual one; tables of numbers get 6 % larger."""
README = """\
# {name}

    pip install -r requirements.txt
    python script.py

The data is in `data`. {badge}
"""


def requirements(written: Written) -> str:
    """Return what the script needs, in the versions that are installed here, one a line."""
    names = dict.fromkeys(_distributions(written))
    versions = ((name, _version(name)) for name in sorted(names))
    return "".join(f"{name}=={version}\n" for name, version in versions if version)


def readme(written: Written, badge: str) -> str:
    """Return a few words on how to run it."""
    from tensorrag.script import comment

    return README.format(name=comment(written.name) or "A pipeline", badge=badge).rstrip() + "\n"


def bundled(task: Task, files: Mapping[str, Opener]) -> JsonObject:
    """Write a ZIP file of the texts in ``params`` and of the files that the script reads.

    Args:
        task: ``params`` holds ``texts`` by name, and ``to``, where the file is to be.
        files: openers by name.

    Returns:
        ``{"file": its path, "bytes": its size}``.

    Raises:
        ParameterError: a file cannot be read.
        WorkspaceError: the disk is full.
    """
    to = Path(task.params["to"])
    with (
        full_disk_explained(to.parent),
        zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=FASTEST) as out,
    ):
        for name, text in task.params["texts"].items():
            out.writestr(name, text)
        for name, opener in files.items():
            with opener() as stream, out.open(f"data/{name}", "w", force_zip64=True) as entry:
                stream.seek(0)
                shutil.copyfileobj(stream, entry)
    return {"file": str(to), "bytes": to.stat().st_size}


def unpacked(files: Mapping[str, Opener], folder: Path) -> None:
    """Copy the files that a script reads into its folder ``data``."""
    for name, opener in files.items():
        place = folder / "data" / Path(name).name
        place.parent.mkdir(exist_ok=True)
        with full_disk_explained(folder), opener() as stream, place.open("wb") as copy:
            stream.seek(0)
            shutil.copyfileobj(stream, copy)


def _distributions(written: Written) -> Iterator[str]:
    import sys

    yield from ("pandas", "numpy")
    for line in written.imports:
        module = line.split()[1].partition(".")[0]
        if module not in sys.stdlib_module_names:
            yield DISTRIBUTIONS.get(module, module)
    for part in written.parts:
        yield from (need for reader, need in BESIDE.items() if f"pd.{reader}(" in part.code)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None
