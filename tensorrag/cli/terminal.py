"""What a run looks like in a terminal: bars where there is one, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, Self

import click

from tensorrag.check.problems import Problem
from tensorrag.cli.printing import figure
from tensorrag.placement import LOCAL, where
from tensorrag.plain import JsonObject
from tensorrag.rates import dollars
from tensorrag.store.log import Unread

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from tensorrag.run import Run

MARKS = {
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("■", "yellow"),
    "blocked": ("–", "yellow"),
    "bypassed": ("⤳", "cyan"),
    "running": ("▸", "blue"),
    "queued": ("·", "white"),
}
STOPPING = "stopping …"


class _Show(Protocol):
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def tell(self, event: JsonObject) -> None: ...


async def follow(run: Run) -> None:
    """Show a run from its start to its end, then what came of it."""
    print_price(run)
    show: _Show = Bars() if sys.stdout.isatty() else Lines()
    with show:
        async for event in run.subscribe():
            show.tell(event)
    print_outcome(run.to_json())


def print_price(run: Run) -> None:
    """Write what will be paid for, and what that will cost."""
    paid = [node for node in run.nodes.values() if node.estimate is not None]
    for node in paid:
        expected = node.estimate or {}
        place = where(node.executor, expected["gpu"])
        click.echo(f"$ {node.id:16} {place}: {expected['words']}")
    if paid:
        source = (paid[0].estimate or {})["source"]
        click.echo(f"$ {'together':16} {run.expected.words} (prices: {source})")


def print_outcome(run: JsonObject) -> None:
    """Write what came of each card, and the metrics."""
    for node_id, node in run["nodes"].items():
        _print_node(node_id, node)
    for node_id, node in run["nodes"].items():
        for output in node["outputs"].values():
            if output["type"] == "Metrics" and output["value"]:
                _print_metrics(node_id, output["value"])
    seconds = f" in {run['seconds']:.1f} s" if run["seconds"] is not None else ""
    costs = [node["cost"] for node in run["nodes"].values() if node.get("cost") is not None]
    cost = f", for {dollars(sum(costs))}" if costs else ""
    click.echo(f"Run {run['run']} {run['status']}{seconds}{cost}.")


def print_problems(problems: Iterable[Problem]) -> None:
    """Write each problem with its place and what to do."""
    colours = {"error": "red", "warning": "yellow", "info": "blue"}
    found = list(problems)
    for problem in found:
        place = ".".join(filter(None, (problem.node, problem.field or problem.port)))
        level = click.style(f"{problem.level:8}", fg=colours[problem.level])
        click.echo(f"{level} {place}: {problem.message}" if place else f"{level} {problem.message}")
        if problem.hint:
            click.echo(f"{'':8} {problem.hint}")
    if not found:
        click.echo("No problems.")


def _print_node(node_id: str, node: JsonObject) -> None:
    mark, colour = MARKS[node["state"]]
    seconds = f"{node['seconds']:.1f} s" if node["seconds"] is not None else ""
    words = ["cached" if node["cached"] else node["state"]]
    place = _place(node)
    words += [word for word in (seconds, place, _cost(node), node["reason"]) if word]
    click.echo(f"{click.style(mark, fg=colour)} {node_id:16} {' · '.join(words)}")
    error = node["error"]
    if error is not None:
        click.echo(f"  {error['message']}", err=True)
        for text in (error["hint"], error["traceback"]):
            if text:
                click.echo("\n".join(f"  {line}" for line in text.splitlines()), err=True)


def _cost(node: JsonObject) -> str:
    """Say what a card has cost, beside what it was to cost."""
    if node.get("cost") is None:
        return ""
    expected = (node.get("estimate") or {}).get("cost")
    beside = f" (estimated {dollars(expected)})" if expected is not None else ""
    return f"{dollars(node['cost'])}{beside}"


def _place(node: JsonObject) -> str | None:
    """Name the device, and the place where that is not this machine: ``Modal T4``."""
    device: str | None = node["device"]
    place = node.get("executor") or LOCAL
    return device if place == LOCAL or device is None else where(place, device)


def _print_metrics(node_id: str, metrics: JsonObject) -> None:
    baseline = metrics.get("baseline") or {}
    for name, value in metrics.items():
        if isinstance(value, int | float):
            beside = baseline.get(name)
            words = f"  (baseline {figure(beside)})" if isinstance(beside, int | float) else ""
            click.echo(f"  {node_id}.{name} = {figure(value)}{words}")


class Lines:
    """One line for each card that begins, and for each line that a card prints."""

    def __init__(self) -> None:
        self._unread = Unread()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def tell(self, event: JsonObject) -> None:
        """Write what there is to say of an event."""
        if event["type"] == "log":
            for line in self._unread.of(event).splitlines():
                click.echo(f"  {event['node']} | {line}")
        elif event["type"] == "node" and event["data"].get("cancelling"):
            click.echo(f"■ {event['node']} {STOPPING}")
        elif event["type"] == "node" and event["data"]["state"] == "running":
            click.echo(f"▸ {event['node']} …")
        elif event["type"] == "node" and event["data"].get("waiting"):
            click.echo(waiting_words(event["node"], event["data"]["waiting"]))
        elif event["type"] == "cost" and "message" in event["data"]:
            click.echo(event["data"]["message"], err=True)


class Bars:
    """A bar for each card that runs, with its metrics and the time left."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bars: dict[str, TaskID] = {}
        self._unread = Unread()
        self._progress = Progress(
            TextColumn("{task.description:16}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}", markup=False),
            console=console,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def tell(self, event: JsonObject) -> None:
        """Draw what an event says."""
        node, data = event["node"], event["data"]
        if event["type"] == "cost" and "message" in data:
            self._progress.console.print(data["message"], markup=False, highlight=False)
        elif event["type"] == "log":
            for text in self._unread.of(event).splitlines():
                self._progress.console.print(f"{node} | {text}", markup=False, highlight=False)
        elif event["type"] == "progress":
            self._progress.update(
                self._bar(node), total=data["total"], completed=data["done"], words=words_of(data)
            )
        elif event["type"] == "node" and data["state"] == "running":
            self._progress.update(self._bar(node), words=STOPPING if data.get("cancelling") else "")
        elif event["type"] == "node" and data.get("waiting"):
            words = waiting_words(node, data["waiting"])
            self._progress.console.print(words, markup=False, highlight=False)
        elif event["type"] == "node" and node in self._bars:
            self._progress.remove_task(self._bars.pop(node))

    @property
    def running(self) -> list[str]:
        """The nodes that have a bar."""
        return list(self._bars)

    def refresh(self) -> None:
        """Draw the bars anew."""
        self._progress.refresh()

    def _bar(self, node: str) -> TaskID:
        if node not in self._bars:
            self._bars[node] = self._progress.add_task(node, total=None, words="")
        return self._bars[node]


def waiting_words(node: str, waiting: JsonObject) -> str:
    """Say that a GPU does not come, and what the next one up costs."""
    said = f"· {node} waits: no {waiting['gpu'] or 'container'} for {waiting['seconds']:.0f} s"
    if waiting["next"] is None:
        return f"{said}."
    hour = waiting["price"] * 3600
    return f"{said}. The next one up, {waiting['next']}, is ${hour:.2f} an hour (resources.gpu)."


def words_of(data: JsonObject) -> str:
    """Sum up a report of progress: ``epoch 23/50 · loss 0.15 · 11 s left``."""
    count = f"{data['done']:g}" + (f"/{data['total']:g}" if data["total"] else "")
    words = [f"{data['unit']} {count}".strip()]
    words += [
        f"{name} {figure(value)}" for name, value in data["metrics"].items() if value is not None
    ]
    if data["left"] is not None:
        words.append(f"{data['left']:.0f} s left")
    return " · ".join(words)
