"""Notes which models a run has trained, and how they were measured, as the run goes along.

It is done in the transaction that records the run: a model that is shown as done is in the list.
The notes outlive the run, so that a model which is kept still says what it was trained on.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tensorrag.plain import JsonObject
from tensorrag.store.run_entry import swept

SCHEMA = """
CREATE TABLE IF NOT EXISTS models (
    number INTEGER PRIMARY KEY, sha256 TEXT UNIQUE NOT NULL, run TEXT NOT NULL, node TEXT NOT NULL,
    pipeline TEXT, pipeline_name TEXT NOT NULL, made REAL NOT NULL, title TEXT NOT NULL,
    version INTEGER NOT NULL, facts TEXT NOT NULL, measured TEXT,
    name TEXT, pinned INTEGER NOT NULL DEFAULT 0, deleted REAL
);
CREATE INDEX IF NOT EXISTS models_by_title ON models (pipeline, title)
"""
"""The last three are what people say of a model; the rest follows from its run."""

Nodes = Mapping[str, tuple[JsonObject, JsonObject | None]]
"""By node, how it is shown and what it was made of."""


def note(connection: sqlite3.Connection, run: str, nodes: Nodes) -> None:
    """Note the models that these nodes of a run have made, and what was measured of models."""
    if any(any(_outputs(shown, "Model", "Metrics")) for shown, _ in nodes.values()):
        (known,) = connection.execute("SELECT EXISTS (SELECT 1 FROM models)").fetchone()
        if known:
            _note(connection, run, nodes)
        else:
            gather(connection)


def gather(connection: sqlite3.Connection) -> None:
    """Note all models of all runs: of a journal from before models were noted."""
    rows = connection.execute(
        'SELECT run, node, shown, made FROM nodes WHERE instr(shown, \'"type":"Model"\')'
        ' OR instr(shown, \'"type":"Metrics"\') ORDER BY number, rowid'
    ).fetchall()
    for run, node, shown, made in rows:
        _note(connection, run, {node: (json.loads(shown), json.loads(made or "null"))})


def _note(connection: sqlite3.Connection, run: str, nodes: Nodes) -> None:
    for node, (shown, made) in nodes.items():
        for output in _outputs(shown, "Model"):
            if "sha256" in output:
                _note_model(connection, run, node, shown, made, output)
    for node, (shown, made) in nodes.items():
        found = list(_measured(connection, run, shown, made))
        if found:
            _note_measured(connection, {"run": run, "node": node, "card": shown.get("card")}, found)
    _note_crossed(connection, run)


def _note_crossed(connection: sqlite3.Connection, run: str) -> None:
    """Keep how models of folds did for those that are not measured themselves.

    They are of the same specification, and the rows that each had not seen are all those that the
    model has learnt from.
    """
    nodes = connection.execute(
        'SELECT node, shown, made FROM nodes WHERE run = ? AND instr(shown, \'"type":"Metrics"\')',
        (run,),
    ).fetchall()
    for node, written, made_of in nodes:
        shown, made = json.loads(written), json.loads(made_of or "null")
        asked = _question(list(_inputs(connection, run, made)), made)
        for output in _outputs(shown, "Metrics") if asked is not None else ():
            rows = _object(output.get("schema")).get("rows")
            by = {"run": run, "node": node, "card": shown.get("card"), "among": True}
            told = {**by, "metrics": output.get("value"), "rows": rows, "folds": True}
            connection.execute(
                "UPDATE models SET measured = ? WHERE json_extract(facts, '$.question') = ?"
                " AND (measured IS NULL OR json_extract(measured, '$.folds'))",
                (json.dumps(told), asked),
            )


def _question(arrived: Sequence[JsonObject], made: JsonObject | None) -> str | None:
    """Tell what is learnt from which rows, and by what; None of a card that trains nothing."""
    spec = next((each["sha256"] for each in arrived if each["type"] in _SPECS), None)
    rows = next((each["sha256"] for each in arrived if each["type"] == "Table"), None)
    params = _object(_object(made).get("params"))
    if spec is None or rows is None or not params.get("target_column"):
        return None
    wanted = [params.get(name) for name in ("target_column", "feature_columns", "task")]
    return json.dumps([spec, rows, *wanted])


class _Measured(NamedTuple):
    """How good a model was found to be."""

    sha256: str
    metrics: JsonObject
    rows: int | None
    on: str
    """The digest of these rows."""
    among: bool
    """Whether others were measured beside it, and less is told of each."""


def _measured(
    connection: sqlite3.Connection, run: str, shown: JsonObject, made: JsonObject | None
) -> Iterator[_Measured]:
    """Yield what a node tells of models that came in, on other rows than those of training."""
    metrics = list(_outputs(shown, "Metrics"))
    ranked = [each["measured"] for each in _outputs(shown, *_ANY) if "measured" in each]
    if not metrics and not ranked:
        return
    arrived = list(_inputs(connection, run, made))
    tables = [each for each in arrived if each["type"] == "Table"]
    if any(_are_train_rows(table) for table in tables):
        return  # they tell nothing of new rows
    on = tables[0]["sha256"] if tables else ""
    for output in metrics:
        rows = _object(output.get("schema")).get("rows")
        for model in (each["sha256"] for each in arrived if each["type"] == "Model"):
            yield _Measured(model, _object(output.get("value")), rows, on, among=False)
    wires = _object(_object(made).get("inputs"))
    for port, found in (each for told in ranked for each in _object(told).items()):
        for (*_, digest), one in zip(wires.get(port, ()), found, strict=False):
            if digest is not None:
                yield _Measured(digest, one["metrics"], one.get("rows"), on, among=True)


def _note_measured(
    connection: sqlite3.Connection, by: JsonObject, found: Sequence[_Measured]
) -> None:
    """Keep what was measured last; what says more in the same run stays."""
    for each in found:
        told = {**by, "metrics": each.metrics, "rows": each.rows, "among": each.among}
        connection.execute(
            "UPDATE models SET measured = ? WHERE sha256 = ?"
            " AND json_extract(facts, '$.table') IS NOT ? AND NOT (? AND measured IS NOT NULL"
            " AND json_extract(measured, '$.run') IS ?"
            " AND NOT coalesce(json_extract(measured, '$.among'), 0))",
            (json.dumps(told), each.sha256, each.on, each.among, by["run"]),
        )


def _are_train_rows(table: JsonObject) -> bool:
    return _object(_object(table.get("schema")).get("provenance")).get("part") == "train"


def _note_model(
    connection: sqlite3.Connection,
    run: str,
    node: str,
    shown: JsonObject,
    made: JsonObject | None,
    output: JsonObject,
) -> None:
    pipeline, called, when = _run(connection, run)
    home = swept(pipeline)
    arrived = list(_inputs(connection, run, made))
    tables = [each for each in arrived if each["type"] == "Table"]
    schema = _object(output.get("schema"))
    value = {k: v for k, v in _object(output.get("value")).items() if k != "history"}
    facts = {
        "schema": schema,
        "value": value,
        **(_learnt_from(tables[0], schema.get("features") or ()) if tables else {}),
        "seconds": shown.get("seconds"),
        "device": shown.get("device"),
        "cost": shown.get("cost"),
        "reused": bool(shown.get("cached")),
        "question": _question(arrived, made),
    }
    title = _title(schema, value, called)
    connection.execute(
        "INSERT OR IGNORE INTO models"
        " (sha256, run, node, pipeline, pipeline_name, made, title, version, facts) VALUES"
        " (?, ?, ?, ?, ?, ?, ?, 1 + coalesce((SELECT max(version) FROM models"
        " WHERE pipeline IS ? AND title = ?), 0), ?)",
        (
            *(output["sha256"], run, node, home, called, when, title),
            *(home, title, json.dumps(facts)),
        ),
    )


def _learnt_from(table: JsonObject, features: Sequence[str]) -> JsonObject:
    """Tell what table a model has learnt from, and of what kind its features are."""
    schema = _object(table.get("schema"))
    columns = {column["name"]: column for column in schema.get("columns") or ()}
    kept = [columns[name] for name in features if name in columns]
    return {"rows": schema.get("rows"), "table": table["sha256"], "columns": kept}


def _title(schema: JsonObject, value: JsonObject, pipeline: str) -> str:
    """Name a model by what it is, what it predicts, and where it was trained."""
    kind = value.get("name") or schema.get("framework") or "model"
    return " · ".join(filter(None, (str(kind).replace("_", " "), schema.get("target"), pipeline)))


def _run(connection: sqlite3.Connection, run: str) -> tuple[str | None, str, float]:
    """Return pipeline, name and time of a run; of one that goes on, the time is now."""
    row = connection.execute(
        "SELECT pipeline, name, coalesce(finished, ?) FROM runs WHERE id = ?", (time.time(), run)
    ).fetchone()
    return row if row is not None else (None, "", time.time())


def _inputs(
    connection: sqlite3.Connection, run: str, made: JsonObject | None
) -> Iterator[JsonObject]:
    """Yield what came in, as the nodes that it came from show it."""
    for wires in _object(_object(made).get("inputs")).values():
        for source, port, _ in wires:
            row = connection.execute(
                "SELECT shown FROM nodes WHERE run = ? AND node = ?", (run, source)
            ).fetchone()
            output = _object(json.loads(row[0] if row else "{}").get("outputs")).get(port)
            if output is not None:
                yield output


_SPECS = ("EstimatorSpec", "NetworkSpec")
_ANY = ("Table", "Model")
"""Types of outputs with which it is told what was measured of models."""


def _outputs(shown: JsonObject, *types: str) -> Iterator[JsonObject]:
    if shown.get("state") == "done":
        outputs = _object(shown.get("outputs")).values()
        yield from (output for output in outputs if output.get("type") in types)


def _object(content: Any) -> JsonObject:
    """Take an object; what comes from elsewhere may be anything."""
    return content if isinstance(content, dict) else {}
