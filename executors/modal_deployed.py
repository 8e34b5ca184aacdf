"""What is deployed to Modal, and whether that is what is here: told by the tags of the app.

Nothing has to run there, and so nothing has to be paid, to know it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from executors import modal_sdk
from executors.modal_parcel import APP, FORMAT

PACKAGES = (
    "joblib",
    "numpy",
    "pandas",
    "psutil",
    "pyarrow",
    "pydantic",
    "python-calamine",
    "scikit-learn",
    "torch",
)
"""What cards need; neither the page nor the editor goes along."""

SOURCES = ("tensorrag", "cards", "executors", "sample_data")
"""Our own packages that go along."""

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def requirements() -> list[str]:
    """Return what is installed here of what cards need, in the form that pip takes."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name}=={version(name).partition('+')[0]}")
        except PackageNotFoundError:
            continue
    return found


def here() -> dict[str, str]:
    """Describe what would be deployed from here, as tags of the app; reads our sources."""
    return {
        "tensorrag": version("tensorrag").partition("+")[0],
        "format": str(FORMAT),
        "packages": _digest([PYTHON, *requirements()]),
        "sources": _digest(_sources()),
    }


async def there() -> Mapping[str, str]:
    """Ask Modal for the tags of what is deployed; empty where it does not tell them."""
    try:
        app = await modal_sdk.sdk().App.lookup.aio(APP)
        return dict(await app.get_tags.aio())
    except Exception:  # an older deployment, an older server: the version stays unknown
        return {}


def difference(near: Mapping[str, str], far: Mapping[str, str]) -> str:
    """Say how what is deployed differs from what is here; empty where it does not, or unknown."""
    differs = {name for name, value in near.items() if name in far and far[name] != value}
    if "tensorrag" in differs:
        return f"Deployed is TensorRag {far['tensorrag']}, here is {near['tensorrag']}."
    if "packages" in differs:
        return "Python or packages such as torch and pandas have other versions there than here."
    return "Its cards were changed here since it was deployed." if "sources" in differs else ""


def _sources() -> list[str]:
    found = []
    for name in SOURCES:
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            files = sorted(Path(folder).rglob("*.py"))
            found += [f"{file.relative_to(folder)}\n{file.read_text('utf-8')}" for file in files]
    return found


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
