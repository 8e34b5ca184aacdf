"""A trained model as a ZIP file that works without TensorRag: weights, facts, and a script.

Nothing is unpickled here: the files of the model are verified, and packed as they are.
"""

from __future__ import annotations

import importlib.metadata
import json
import zipfile
from pathlib import Path

from tensorrag.durable import full_disk_explained
from tensorrag.plain import JsonObject
from tensorrag.quoting import visible
from tensorrag.store.artifacts import Store
from tensorrag.store.models import ModelEntry

SCRIPT = Path(__file__).with_name("exported_predict.txt")
OBJECT = "model.joblib"
LIBRARIES = {
    "sklearn": ("joblib", "numpy", "pandas", "scikit-learn"),
    "torch": ("joblib", "numpy", "pandas"),
}
README = """# {name} v{version}

Predicts {target} from {features} columns. Trained on {day} with TensorRag.

    pip install -r requirements.txt
    python predict.py rows.csv > predictions.csv

`rows.csv` needs these columns: {asked}.{steps}

**Opening a pickle runs code.** `model.joblib` is one: whoever made the file could have put any
code into it. Use it only where you trust where it comes from.
"""


def export(model: ModelEntry, store: Store, file: Path) -> None:
    """Write a model as a ZIP file.

    Raises:
        ArtifactError: the model is gone or damaged, or not of this workspace.
        WorkspaceError: the disk is full.
    """
    artifact = store.get(model.sha256)
    store.check_signature(artifact)
    store.verify(artifact, thorough=True)
    told = model.to_json()
    libraries = _versions(told["framework"] or "")
    recipe = told["schema"].get("recipe") or {}
    about = {**told, "libraries": libraries, "columns": model.columns, "asks": model.asks}
    readme = README.format(
        name=_line(told["name"]),
        version=told["version"],
        target=_line(told["target"]),
        features=len(told["features"]),
        day=told["made"][:10],
        asked=", ".join(_names(model.asks)),
        steps=_steps(told),
    )
    required = "".join(f"{name}=={version}\n" for name, version in libraries.items())
    with full_disk_explained(file.parent), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for each in artifact.files:
            if each.name == OBJECT:
                out.write(store.blob(each.sha256), OBJECT)
        out.writestr("metadata.json", json.dumps(about, indent=2, ensure_ascii=False))
        out.writestr("requirements.txt", required)
        out.writestr("predict.py", SCRIPT.read_text(encoding="utf-8"))
        if recipe.get("python"):
            out.writestr("prepare.py", recipe["python"])
        out.writestr("README.md", readme)


def _steps(told: JsonObject) -> str:
    """Say what was done with the rows before the model learnt from them."""
    recipe = told["schema"].get("recipe") or {}
    done = recipe.get("steps") or ()
    steps = [f"- {_line(step['title'])}{_settings(step['params'])}" for step in done]
    if not steps:
        return ""
    first = "\n\nBefore the model learnt from them, rows went through these steps, in this order."
    does = "`prepare.py` does them with the rows of `rows.csv`, too."
    if not recipe.get("python"):
        does = "The script does not do them: do so with `rows.csv` first."
    return "\n".join([f"{first}\n{does}\n", *steps])


def _settings(params: JsonObject) -> str:
    """Write the settings of a step, but for those that hold nothing."""
    empty: tuple[object, ...] = ("", [], None)
    said = [_code(f"{name}={value!r}") for name, value in params.items() if value not in empty]
    return f": {', '.join(said)}" if said else ""


def _names(columns: list[JsonObject]) -> list[str]:
    return [_code(column["name"]) for column in columns]


def _line(text: object) -> str:
    """Return text that stands on one line: a name is not to write the words after it."""
    plain = visible(" ".join(str(text).split()))
    return "".join(f"&#{ord(c)};" if c in "<>[]`" else c for c in plain)


def _code(text: object) -> str:
    """Return text as code on one line, which it cannot end."""
    return f"`{visible(' '.join(str(text).split())).replace('`', chr(39))}`"


def file_name(model: JsonObject) -> str:
    """Return what the file is called: letters, digits and dashes."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in model["name"].lower())
    return f"{'-'.join(filter(None, plain.split('-')))[:80] or 'model'}-v{model['version']}.zip"


def _versions(framework: str) -> dict[str, str]:
    """Return the exact versions of what the script needs, as they are installed here."""
    names = LIBRARIES.get(framework, LIBRARIES["sklearn"])
    return {name: importlib.metadata.version(name).partition("+")[0] for name in names}
