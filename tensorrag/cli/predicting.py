"""``tensorrag predict``: a file in, the same rows with what a model says of them out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click

from tensorrag.cli.executing import executors_of
from tensorrag.cli.printing import plain
from tensorrag.errors import FileFormatError
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted
from tensorrag.run.hosted import Hosted
from tensorrag.store.workspace import Workspace
from tensorrag.strange_rows import STRANGE
from tensorrag.task import Task


def predict(
    workspace: Path | None,
    called: str,
    file: Path,
    output: Path | None,
    column: str,
    sheet: str = "",
) -> str:
    """Write the rows of a file as CSV, with what a model says of them; returns what to tell.

    Args:
        workspace: where the model is.
        called: its id or its name.
        file: a table, of any kind that Data Load reads.
        output: where the CSV goes; None prints it.
        column: the name of the new column; empty for the usual one.
        sheet: of a workbook; empty for the first one.

    Raises:
        TensorRagError: there is no such model or file, or the rows do not fit.
    """
    parts = _predicted(Workspace.open(workspace), called, file.absolute(), column, sheet)
    if output is None:
        asyncio.run(_print(parts))
        return ""
    return f"{asyncio.run(_write(parts, output)):,} rows are in {output}."


async def _print(parts: AsyncIterator[JsonObject]) -> None:
    async for part in parts:
        click.echo(part["text"], nl=False)


async def _write(parts: AsyncIterator[JsonObject], output: Path) -> int:
    """Write all rows, or none: what was there stays until all of them are."""
    unfinished, rows = output.with_name(f"{output.name}.part"), 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            async for part in parts:
                file.write(part["text"])
                rows += part["rows"]
        unfinished.replace(output)
    except OSError as error:
        raise FileFormatError(
            f"{output} cannot be written: {(error.strerror or str(error)).lower()}.",
            hint="Choose another file with --output.",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


async def _predicted(
    workspace: Workspace, called: str, file: Path, column: str, sheet: str
) -> AsyncIterator[JsonObject]:
    """Yield parts of the CSV; rows and model are read in processes apart."""
    model = workspace.journal.models.find(called)
    if file.is_dir():
        raise FileFormatError(f"{quoted(file)} is a folder.", hint="Name a file in it.")
    if not file.is_file():
        raise FileFormatError(f"There is no file {quoted(file)}.", hint="Name a CSV or Parquet.")
    place = workspace.place(file.parent)  # whoever names a file may read it
    async with executors_of(workspace) as executors:
        hosted = Hosted({"local": executors["local"]}, place)
        entries = {name: card.entry for name, card in (await hosted.catalog()).cards.items()}

        async def made(card: str, params: JsonObject, **inputs: str) -> str:
            arriving = {port: (digest,) for port, digest in inputs.items()}
            entry = entries[card]
            task = Task(kind="run", card=card, entry=entry, params=params, inputs=arriving)
            answer = await hosted.ask(task)
            for said in _strange(answer["previews"]):
                click.echo(said, err=True)
            ((output),) = answer["outputs"].values()
            return str(output["sha256"])

        rows = await made("data_load", {"source": "path", "path": str(file), "sheet": sheet})
        named = {"prediction_column": column} if column else {}
        digest = await made("predict", named, dataset=rows, trained_model=model.sha256)
        offset, total, days = 0, 1, None
        while offset < total:
            inputs = {"table": (digest,)}
            asked = {"csv": True, "offset": offset, "days": days}
            part = await hosted.ask(Task(kind="page", params=asked, inputs=inputs))
            yield part
            offset, total, days = offset + max(1, part["rows"]), part["total"], part["days"]


def _strange(previews: JsonObject) -> Iterator[str]:
    """Yield what the card that predicts says of rows that are unlike all that it has learnt."""
    for preview in previews.values():
        for item in preview.get("items") or ():
            if item.get("title") == STRANGE:
                yield "\n".join(map(plain, [f"{STRANGE}:", *item["text"].splitlines()]))
