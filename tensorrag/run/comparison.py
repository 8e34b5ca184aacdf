"""What two or more runs have in common, what not, and what came of it: from the journal alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tensorrag.errors import PipelineError
from tensorrag.plain import JsonObject
from tensorrag.run.noise import Noise, alike, noise_of
from tensorrag.run.reported import by_step, reports
from tensorrag.store.journal import Journal
from tensorrag.store.run_entry import RunEntry, swept, timestamp
from tensorrag.types.metrics import METRICS

LEAST, MOST = 2, 6
"""How many runs may be compared."""
EMPTY: JsonObject = {}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs."""

    run: str
    number: int
    pipeline: str | None
    name: str
    status: str
    started: str
    """UTC, ISO 8601."""
    seconds: float | None
    cost: float | None
    """US$; None where nothing was rented."""
    places: tuple[tuple[str, str | None], ...]
    """Executors and devices of its cards, each pair once."""

    @property
    def home(self) -> str | None:
        """The pipeline where people find it: of a run of a sweep, the one that is swept."""
        return swept(self.pipeline)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in all runs."""

    kind: str
    """``parameter``, ``card``, ``wires``, ``data``, ``source``, ``place``, ``environment``."""
    node: str | None
    what: str
    """The parameter, the library: what it is called."""
    values: tuple[Any, ...]
    """As JSON, by run."""
    there: tuple[bool, ...]
    """Whether a run has it at all."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric in all runs."""

    node: str
    metric: str
    trained: bool
    """Whether it was measured on the rows that the model has learnt from."""
    higher_is_better: bool
    values: tuple[float | None, ...]
    baselines: tuple[float | None, ...]
    """The dummy's."""
    noise: Noise | None
    """How much it changes with the seed; None where too few seeds were tried."""
    seed_alone: tuple[bool, ...]
    """Whether a run differs from the first in nothing but seeds."""

    def changes(self) -> tuple[float | None, ...]:
        """Return how much each run differs from the first."""
        first = self.values[0]
        return tuple(None if first is None or v is None else v - first for v in self.values)

    def verdicts(self) -> tuple[str, ...]:
        """Say of each run what came of it in comparison with the first.

        ``better``, ``worse``, ``same``, ``noise``; ``seed`` where nothing but the seed differs
        and too few seeds were tried; empty where a number is missing.
        """
        changes = list(zip(self.changes(), self.seed_alone, strict=True))
        return ("", *(self._verdict(*each) for each in changes[1:]))

    def _verdict(self, change: float | None, seed_alone: bool) -> str:
        if change is None:
            return ""
        if change == 0:
            return "same"
        if self.noise is not None and abs(change) <= self.noise.band:
            return "noise"
        if self.noise is None and seed_alone:
            return "seed"
        return "better" if (change > 0) == self.higher_is_better else "worse"


@dataclass(frozen=True, slots=True)
class Curve:
    """One learning curve of one card in all runs."""

    node: str
    name: str
    values: tuple[tuple[float | None, ...], ...]
    """By run, then by epoch; empty where a run has none. Of a card that did not come to its end
    it is what it reported as far as it came, which may be not every epoch."""


@dataclass(frozen=True, slots=True)
class Duration:
    """How long one card took in all runs."""

    node: str
    seconds: tuple[float | None, ...]
    reused: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side; the first is what the others are compared with."""

    runs: tuple[Side, ...]
    differences: tuple[Difference, ...]
    same: int
    """How many parameters are the same in all."""
    measures: tuple[Measure, ...]
    curves: tuple[Curve, ...]
    durations: tuple[Duration, ...]
    pipelines: tuple[JsonObject, ...]
    """Each as its file would be."""

    def to_json(self) -> JsonObject:
        """Return it as ``GET /api/runs/compare`` does."""
        measures = [
            {**asdict(each), "changes": each.changes(), "verdicts": each.verdicts()}
            for each in self.measures
        ]
        return {**asdict(self), "measures": measures}


@dataclass(frozen=True, slots=True)
class _Told:
    """What the journal tells of one run."""

    entry: RunEntry
    record: JsonObject
    nodes: Mapping[str, JsonObject]
    cost: float | None
    reported: Mapping[tuple[str, str], tuple[float | None, ...]]
    """By card and name, what those reported by epoch that did not come to their end."""


def compare(journal: Journal, runs: Sequence[str]) -> Comparison:
    """Put runs side by side. Reads files: for a thread.

    Raises:
        PipelineError: there are fewer than two runs, or more than six.
        RunNotFound: there is none of an id.
    """
    wanted = list(dict.fromkeys(runs))
    if not LEAST <= len(wanted) <= MOST:
        raise PipelineError(
            f"{len(wanted)} runs cannot be compared.", hint=f"Choose {LEAST} to {MOST} of them."
        )
    told = [_read(journal, run) for run in wanted]
    return Comparison(
        runs=tuple(_side(each) for each in told),
        differences=tuple(_differences(told)),
        same=_same(told),
        measures=tuple(_measures(journal, told)),
        curves=tuple(_curves(told)),
        durations=tuple(_durations(told)),
        pipelines=tuple(each.record.get("pipeline", EMPTY) for each in told),
    )


def _read(journal: Journal, run: str) -> _Told:
    entry, nodes = journal.run(run), journal.to_json(run)["nodes"]
    rented = any(node.get("cost") is not None for node in nodes.values())
    cost = journal.spending.of_run(run) if rented else None
    return _Told(entry, journal.record(run), nodes, cost, _reported(journal, run, nodes))


def _reported(
    journal: Journal, run: str, nodes: Mapping[str, JsonObject]
) -> dict[tuple[str, str], tuple[float | None, ...]]:
    cut = {node for node, shown in nodes.items() if shown["state"] not in ("done", "queued")}
    steps = journal.events(run, kind="progress") if cut else []
    told = [each for each in steps if each["data"].get("unit") == "epoch"]
    return {
        (node, name): by_step(points)
        for node in nodes
        if node in cut
        for name, points in reports(told, node).items()
    }


def _side(told: _Told) -> Side:
    entry, ran = told.entry, [n for n in told.nodes.values() if n["state"] == "done"]
    places = [(str(node["executor"]), node["device"]) for node in ran if node["executor"]]
    return Side(
        run=entry.id,
        number=entry.number,
        pipeline=entry.pipeline,
        name=entry.name,
        status=entry.status,
        started=timestamp(entry.created),
        seconds=entry.seconds,
        cost=told.cost,
        places=tuple(dict.fromkeys(places)),
    )


# --- what is not the same -------------------------------------------------------------------


def _differences(told: Sequence[_Told]) -> list[Difference]:
    return [
        *_by_node(told, "card", lambda record, node: _cards(record).get(node)),
        *_parameters(told),
        *_wires(told),
        *_by_node(told, "data", lambda record, node: record["fingerprints"].get(node)),
        *_by_node(told, "source", lambda record, node: _source(record, node)),
        *_places(told),
        *_environment(told),
    ]


def _cards(record: JsonObject) -> Mapping[str, Any]:
    """Return the kind of each card; one that is bypassed is another than one that is not."""
    nodes = record.get("pipeline", EMPTY).get("nodes", [])
    kinds = {node["id"]: node["card"] for node in nodes}
    return {n["id"]: f"{kinds[n['id']]}{'' if n.get('enabled', True) else ', off'}" for n in nodes}


def _nodes(told: Sequence[_Told]) -> list[str]:
    """Return the cards of all runs, in the order of the pipelines."""
    return list(dict.fromkeys(node for each in told for node in _cards(each.record)))


def _by_node(
    told: Sequence[_Told], kind: str, find: Callable[[JsonObject, str], Any]
) -> list[Difference]:
    found = []
    for node in _nodes(told):
        both = kind == "card"
        values = tuple(find(each.record, node) if each.record else None for each in told)
        known = values if both else tuple(value for value in values if value is not None)
        if len(set(map(_text, known))) > 1:
            there = tuple(value is not None for value in values)
            found.append(Difference(kind, node, "", values, there))
    return found


def _source(record: JsonObject, node: str) -> str | None:
    """Return what the code of a card is known by: another version may count differently."""
    card = record.get("cards", EMPTY).get(node)
    return f"{card['version']} {card['source_sha256']}" if card else None


def _parameters(told: Sequence[_Told]) -> list[Difference]:
    found = []
    for node in _nodes(told):
        params = [each.record.get("params", EMPTY).get(node) for each in told]
        names = dict.fromkeys(name for own in params if own for name in own)
        for name in names:
            there = tuple(own is not None and name in own for own in params)
            values = tuple((own or EMPTY).get(name) for own in params)
            mine = {_text(value) for value, is_there in zip(values, there, strict=True) if is_there}
            # A whole card that is not there is told as such.
            missing = any(own is not None and name not in own for own in params)
            if len(mine) > 1 or missing:
                found.append(Difference("parameter", node, name, values, there))
    return found


def _same(told: Sequence[_Told]) -> int:
    first, *others = (each.record.get("params", EMPTY) for each in told)
    return sum(
        all(name in other.get(node, EMPTY) and other[node][name] == value for other in others)
        for node, params in first.items()
        for name, value in params.items()
    )


def _wires(told: Sequence[_Told]) -> list[Difference]:
    edges = [
        sorted(
            f"{edge['source']}.{edge['source_port']}-{edge['target']}.{edge['target_port']}"
            for edge in each.record.get("pipeline", EMPTY).get("edges", [])
        )
        for each in told
    ]
    wires = sorted({wire for own in edges for wire in own})
    found = ((wire, tuple(wire in own for own in edges)) for wire in wires)
    return [
        Difference("wires", None, wire, there, there) for wire, there in found if not all(there)
    ]


def _places(told: Sequence[_Told]) -> list[Difference]:
    found = []
    for node in _nodes(told):
        shown = [each.nodes.get(node, EMPTY) for each in told]
        ran = [
            " ".join(filter(None, [own.get("executor"), own.get("device")]))
            if own.get("state") == "done"
            else None
            for own in shown
        ]
        if len({place for place in ran if place}) > 1:
            there = tuple(place is not None for place in ran)
            found.append(Difference("place", node, "", tuple(ran), there))
    return found


def _environment(told: Sequence[_Told]) -> list[Difference]:
    known = [_flat(each.record.get("environment", EMPTY)) for each in told]
    names = dict.fromkeys(name for own in known for name in own)
    found = ((name, tuple(own.get(name) for own in known)) for name in names)
    return [
        Difference("environment", None, name, values, tuple(v is not None for v in values))
        for name, values in found
        if len({value for value in values if value is not None}) > 1
    ]


def _flat(environment: JsonObject) -> dict[str, str]:
    plain = {name: str(value) for name, value in environment.items() if name != "libraries"}
    return plain | {k: str(v) for k, v in environment.get("libraries", EMPTY).items()}


# --- what came of it ------------------------------------------------------------------------


def _measures(journal: Journal, told: Sequence[_Told]) -> list[Measure]:
    numbers = [measured(each.nodes) for each in told]
    keys = dict.fromkeys(key for own in numbers for key in own)
    ordered = sorted(keys, key=lambda key: (key.trained, _at(told, key.node), key.place))
    first = alike(told[0].record)
    seed_alone = tuple(bool(each.record) and alike(each.record) == first for each in told)
    spread = noise_of(journal, [(each.entry, each.record) for each in told], measured)
    return [
        Measure(
            node=key.node,
            metric=key.metric,
            trained=key.trained,
            higher_is_better=METRICS[key.metric].higher_is_better,
            values=tuple(own[key][0] if key in own else None for own in numbers),
            baselines=tuple(own[key][1] if key in own else None for own in numbers),
            noise=spread.get(key),
            seed_alone=seed_alone,
        )
        for key in ordered
    ]


def _at(told: Sequence[_Told], node: str) -> int:
    nodes = _nodes(told)
    return nodes.index(node) if node in nodes else len(nodes)


@dataclass(frozen=True, slots=True)
class Key:
    """Which number it is."""

    node: str
    metric: str
    trained: bool

    @property
    def place(self) -> int:
        """Where it stands in the order of metrics."""
        return list(METRICS).index(self.metric)


def measured(nodes: Mapping[str, JsonObject]) -> dict[Key, tuple[float, float | None]]:
    """Return every metric of a run, and the dummy's beside it."""
    found: dict[Key, tuple[float, float | None]] = {}
    for node, output in _outputs(nodes):
        value = output.get("value")
        if output.get("type") == "Metrics" and isinstance(value, Mapping):
            dummy = value.get("baseline")
            beside = dummy if isinstance(dummy, Mapping) else {}
            found |= _numbers(node, value, beside, trained=False)
        elif output.get("type") == "Model" and isinstance(value, Mapping):
            learnt = value.get("train")
            found |= _numbers(node, learnt if isinstance(learnt, Mapping) else {}, {}, trained=True)
    return found


def _numbers(
    node: str, values: Mapping[str, Any], beside: Mapping[str, Any], *, trained: bool
) -> dict[Key, tuple[float, float | None]]:
    return {
        Key(node, name, trained): (values[name], beside.get(name))
        for name in METRICS
        if isinstance(values.get(name), int | float)
    }


def _outputs(nodes: Mapping[str, JsonObject]) -> list[tuple[str, JsonObject]]:
    return [
        (node, output)
        for node, shown in nodes.items()
        for output in (shown.get("outputs") or EMPTY).values()
    ]


def _curves(told: Sequence[_Told]) -> list[Curve]:
    histories: list[dict[tuple[str, str], tuple[float | None, ...]]] = [
        {
            (node, name): tuple(values)
            for node, output in _outputs(each.nodes)
            if output.get("type") == "Model" and isinstance(output.get("value"), Mapping)
            for name, values in (output["value"].get("history") or EMPTY).items()
        }
        | {key: values for key, values in each.reported.items() if any(values)}
        for each in told
    ]
    keys = dict.fromkeys(key for own in histories for key in own)
    return [Curve(*key, tuple(own.get(key, ()) for own in histories)) for key in keys]


def _durations(told: Sequence[_Told]) -> list[Duration]:
    found = []
    for node in _nodes(told):
        shown = [each.nodes.get(node, EMPTY) for each in told]
        took = tuple(own.get("seconds") for own in shown)
        if any(seconds is not None for seconds in took):
            found.append(Duration(node, took, tuple(bool(own.get("cached")) for own in shown)))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
