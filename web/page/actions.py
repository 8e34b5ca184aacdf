"""What people can do on the page of a pipeline: each action checked, then one edit of the session.

Everything in an action's data comes from outside: names are looked up, never trusted, and an
action that makes no sense does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tensorrag.edit.clipboard import corner_of, excerpt
from tensorrag.edit.document import Change
from tensorrag.edit.edges import title_of
from tensorrag.edit.labels import named_notes
from tensorrag.errors import TensorRagError
from tensorrag.gpus import GPUS, USUAL
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.types import ColumnSchema
from web.live.session import Session
from web.page import clauses, terms
from web.page.apply_best import best_of
from web.page.controls import edit_list
from web.page.fields import FieldSpec, field_specs
from web.page.form import problem_key
from web.page.numerals import number_of
from web.page.places import free_for, free_place
from web.page.ranges import tuned

Data = dict[str, Any]
Action = Callable[[Data], Awaitable[None] | None]


def text(data: Data, key: str) -> str:
    """Return a text of an action's data, empty where it is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def texts(data: Data, key: str) -> list[str]:
    """Return the texts in a list of an action's data."""
    value = data.get(key)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


_ROWED = {"condition": clauses.changed, "formula": terms.changed}
"""What changes a row of a text, by the kind of its field."""


class Edits:
    """The edits of a pipeline, by the name of their action."""

    def __init__(
        self,
        session: Session,
        say: Callable[[str, str], None],
        added: Callable[[str], None],
        pasted: Callable[[list[str]], None],
    ) -> None:
        """``say`` shows why something was refused; ``added`` turns to a new card.

        ``pasted`` selects the cards that were put in as a copy.
        """
        self._session, self._say, self._added, self._pasted = session, say, added, pasted
        self._opened, self._own = session.revision, set[int]()
        """What was done later, and not by this view, was done elsewhere."""
        self.selected: str | None = None
        """The card that this view is about."""
        self.uploading: dict[str, str] = {}
        """Files on their way, by card."""
        self.actions: dict[str, Action] = {
            "undo": self._undo,
            "redo": self._redo,
            "rename": self._rename,
            "describe": self._describe,
            "title": self._title,
            "limit": self._limit,
            "time_limit": self._time_limit,
            "run_on": self.run_on,
            "card_run_on": self.card_run_on,
            "card_gpu": self._card_gpu,
            "set": self._set,
            "reset": self._reset,
            "tune": self._tune,
            "row": self._row,
            "apply_best": self._apply_best,
            "list_add": lambda data: self._list("list_add", data),
            "list_up": lambda data: self._list("list_up", data),
            "list_down": lambda data: self._list("list_down", data),
            "list_remove": lambda data: self._list("list_remove", data),
            "wire": self._wire,
            "fix": self._fix,
            "add_card": self._add_card,
            "bypass": self._bypass,
            "duplicate": self._duplicate,
            "remove": self._remove,
            "uploading": self._uploading,
            "uploaded": self._uploaded,
            "upload_failed": self._upload_failed,
        }

    def edit(self, ops: list[JsonObject], label: str = "", merge_key: str | None = None) -> bool:
        """Make an edit, or say why it cannot be made."""
        try:
            self.own(self._session.edit(ops, label, merge_key))
        except TensorRagError as error:
            self._say(error.message, error.hint)
            return False
        return True

    def own(self, change: Change) -> None:
        """Take note of a change that was made in this view."""
        self._own.add(change.revision)

    def _undo(self, _: Data) -> None:
        self._say_whose(self._session.undo(), "Undo took back", "Redo makes it again.")

    def _redo(self, _: Data) -> None:
        self._say_whose(self._session.redo(), "Redo made again", "Undo takes it back.")

    def _say_whose(self, change: Change | None, did: str, hint: str) -> None:
        """The steps of a pipeline are one row, whoever made them: say so of somebody else's."""
        if change is not None and change.of > self._opened and change.of not in self._own:
            self._say(f"{did} what was done elsewhere: {change.label}.", hint)

    # --- the pipeline -----------------------------------------------------------------------

    def _rename(self, data: Data) -> None:
        name = text(data, "value").strip()
        if name and name != self._session.pipeline.name:
            self.edit([{"op": "rename", "name": name}], merge_key="name")

    def _describe(self, data: Data) -> None:
        said = text(data, "value")
        if said != self._session.pipeline.description:
            self.edit([{"op": "rename", "description": said}], merge_key="description")

    def _add_card(self, data: Data) -> None:
        x, y = free_place(self._session.pipeline, self.selected)
        self.add({"card": text(data, "card"), "x": x, "y": y})

    def add(self, card: JsonObject, first: Sequence[JsonObject] = ()) -> None:
        """Add a card and turn to it, after what else is done in the same step.

        ``card`` is the rest of the edit; neither it nor ``first`` is trusted.
        """
        before = set(self._session.pipeline.nodes)
        if self.edit([*first, {"op": "add", **card}]):
            for node in [each for each in self._session.pipeline.nodes if each not in before]:
                self._added(node)

    def _fix(self, data: Data) -> None:
        wanted = text(data, "problem")
        for problem in self._session.problems:
            if problem.fix is not None and problem_key(problem) == wanted:
                self.edit(list(problem.fix.ops), problem.fix.label)
                return

    # --- a card -----------------------------------------------------------------------------

    def _node(self, data: Data) -> str | None:
        node = text(data, "of")
        return node if node in self._session.pipeline.nodes else None

    def spec(self, data: Data) -> tuple[str, FieldSpec] | None:
        """Return the card and the field that an action is about, if there is one."""
        node, param = self._node(data), text(data, "param")
        if node is None:
            return None
        info = self._session.catalog.cards.get(self._session.pipeline.nodes[node].card)
        specs = field_specs(info.params) if info else ()
        found = next((spec for spec in specs if spec.name == param), None)
        return (node, found) if found else None

    def _set_params(self, node: str, params: JsonObject, merge_key: str | None = None) -> None:
        current = self._session.pipeline.nodes[node].params
        changed = {name: value for name, value in params.items() if current.get(name) != value}
        if changed:
            op = {"op": "set_params", "node": node, "params": changed}
            self.edit([op], merge_key=merge_key)

    def _value(self, node: str, spec: FieldSpec) -> Any:
        return self._session.pipeline.nodes[node].params.get(spec.name, spec.default)

    def _set(self, data: Data) -> None:
        found = self.spec(data)
        if found is None:
            return
        node, spec = found
        raw = data.get("value")
        value = spec.parse(raw)
        if spec.kind == "columns" and isinstance(raw, str):
            current = self._value(node, spec)
            chosen = list(current) if isinstance(current, list | tuple) else []
            names = {column.name for column in self._columns(node, spec)}
            more = [raw] if raw in names else spec.entries(raw)
            value = [*chosen, *(name for name in more if name not in chosen)]
        if value == spec.default:
            value = None
        key = f"{node}.{spec.name}" if spec.kind not in ("switch", "choice") else None
        self._set_params(node, {spec.name: value}, key)

    def _columns(self, node: str, spec: FieldSpec) -> tuple[ColumnSchema, ...]:
        facts = self._session.checked.nodes.get(node)
        schema = facts.inputs.get(spec.columns_of or "") if facts else None
        return getattr(schema, "columns", None) or ()

    def _reset(self, data: Data) -> None:
        found = self.spec(data)
        if found is not None:
            self._set_params(found[0], {found[1].name: None})

    def _tune(self, data: Data) -> None:
        """Vary a hyperparameter or not, or over another range."""
        found = self.spec(data)
        if found is None or found[1].kind != "hyperparameters":
            return
        node, spec = found
        facts = self._session.checked.nodes.get(node)
        schema = facts.inputs.get(spec.hyperparameters_of or "") if facts else None
        name, what = text(data, "name"), text(data, "what")
        value = tuned(
            self._value(node, spec), getattr(schema, "tunable", None), name, what, data.get("value")
        )
        key = f"{node}.{spec.name}.{name}.{what}" if what in ("low", "high") else None
        self._set_params(node, {spec.name: None if value == spec.default else value}, key)

    def _row(self, data: Data) -> None:
        """Change a row of a formula, and with it the text."""
        found = self.spec(data)
        change = _ROWED.get(found[1].kind) if found is not None else None
        if found is None or change is None:
            return
        node, spec = found
        at, what = text(data, "index"), text(data, "what")
        before, row = str(self._value(node, spec)), int(at) if at.isdecimal() else 0
        value = change(before, self._columns(node, spec), row, what, data.get("value"))
        key = f"{node}.{spec.name}.{row}" if what in ("value", "number") else None
        self._set_params(node, {spec.name: None if value == spec.default else value}, key)

    def _apply_best(self, data: Data) -> None:
        """Set a model card to the best that a search found, as one edit."""
        node = self._node(data)
        made = self._session.result(node) if node is not None else None
        if node is None or made is None:
            return
        outputs = made.node.get("outputs")
        best = best_of(self._session.pipeline, self._session.catalog, node, outputs)
        if best is not None and not best.is_set:
            self.edit([best.op], best.label)

    def _list(self, act: str, data: Data) -> None:
        found = self.spec(data)
        if found is None:
            return
        node, spec = found
        try:
            at = int(data.get("index", 0))
        except (TypeError, ValueError, OverflowError):
            return
        value = edit_list(spec, self._value(node, spec), act, at)
        if value != self._value(node, spec):
            self._set_params(node, {spec.name: None if value == spec.default else value})

    def _wire(self, data: Data) -> None:
        """Wire an input to the output that was chosen for it, in place of the one it had."""
        node, port = self._node(data), text(data, "at")
        if node is None:
            return
        info = self._session.catalog.cards.get(self._session.pipeline.nodes[node].card)
        found = info.input(port) if info else None
        if found is None:
            return
        mine = [e for e in self._session.pipeline.inputs_of(node) if e.target_port == port]
        ops: list[JsonObject] = []
        if not found.many:
            ops += [{"op": "disconnect", "id": edge.id} for edge in mine]
        source, _, output = text(data, "value").partition(".")
        if source:
            ends = {"source": source, "source_port": output, "target": node, "target_port": port}
            ops.append({"op": "connect", **ends})
        if ops:
            self.edit(ops)

    def _title(self, data: Data) -> None:
        node = self._node(data)
        if node is None:
            return
        title = text(data, "value").strip() or None
        if title != self._session.pipeline.nodes[node].title:
            self.edit([{"op": "set_node", "node": node, "title": title}], merge_key=f"{node} title")

    def _limit(self, data: Data) -> None:
        node, name, value = self._node(data), text(data, "param"), _amount(text(data, "value"))
        if node is None:
            return
        op = {"op": "set_resources", "node": node, "resources": {name: value}}
        if value != self._session.pipeline.nodes[node].resources.get(name):
            self.edit([op], merge_key=f"{node} {name} limit")

    def _time_limit(self, data: Data) -> None:
        """Choose how long every card may take that names no limit itself."""
        value = _amount(text(data, "value"))
        if value != self._session.pipeline.settings.get("timeout"):
            op = {"op": "settings", "settings": {"timeout": value}}
            self.edit([op], "Change the time limit", "time limit")

    def run_on(self, data: Data) -> None:
        """Choose where every card runs that names no place itself, and on which GPU."""
        place, gpu = text(data, "place") or None, text(data, "gpu")
        chosen = {"run_on": place, "gpu": gpu if gpu in GPUS and gpu != USUAL else None}
        now = self._session.pipeline.settings
        if any(now.get(name) != value for name, value in chosen.items()):
            self.edit([{"op": "settings", "settings": chosen}], "Change where it runs")

    def card_run_on(self, data: Data) -> None:
        """Choose where one card runs."""
        node, place = self._node(data), text(data, "value") or None
        if node is not None and place != self._session.pipeline.nodes[node].run_on:
            op = {"op": "set_node", "node": node, "run_on": place}
            self.edit([op], "Change where it runs")

    def _card_gpu(self, data: Data) -> None:
        node, gpu = self._node(data), text(data, "value")
        if node is not None and gpu in GPUS:
            self.choose_gpu(node, gpu)

    def choose_gpu(self, node: str, gpu: str) -> None:
        """Have a card get another GPU; the one that it gets anyway need not be written."""
        pipeline = self._session.pipeline
        card = self._session.catalog.cards.get(pipeline.nodes[node].card)
        general = pipeline.settings.get("gpu") or (card.gpu if card else None)
        op = {"gpu": None if gpu == general else gpu}
        if op["gpu"] != pipeline.nodes[node].resources.get("gpu"):
            self.edit([{"op": "set_resources", "node": node, "resources": op}])

    def _bypass(self, data: Data) -> None:
        """Pass cards by, ``of`` or ``nodes``; if all are by now, they are switched on again."""
        nodes = self._session.pipeline.nodes
        chosen = [each for each in (text(data, "of"), *texts(data, "nodes")) if each in nodes]
        enabled = not any(nodes[each].enabled for each in chosen)
        ops = [{"op": "set_node", "node": each, "enabled": enabled} for each in chosen]
        if ops:
            self.edit(ops)

    def _duplicate(self, data: Data) -> None:
        """Copy one card, ``of``, or several, ``nodes``, with the wires between them, and notes."""
        pipeline = self._session.pipeline
        nodes = [text(data, "of"), *texts(data, "nodes")]
        copied = excerpt(pipeline, nodes, texts(data, "annotations"))
        if copied.nodes or copied.annotations:
            corner = _moved(corner_of(copied), data.get("by")) or free_for(pipeline, copied)
            self.paste(to_json(copied), corner, self._duplicated(copied))

    def _duplicated(self, copied: Pipeline) -> str:
        nodes = [*copied.nodes.values()]
        if not nodes:
            return f"Duplicate {named_notes(copied.annotations)}"
        if len(nodes) != 1:
            return "Duplicate cards"
        return f"Duplicate {title_of(nodes[0], self._session.catalog)}"

    def paste(
        self, copied: JsonObject, corner: tuple[Any, Any] | None = None, label: str = ""
    ) -> bool:
        """Put a copy of cards in, its top left corner there, and select it; not to be trusted."""
        before = self._session.pipeline.nodes
        at = {"x": corner[0], "y": corner[1]} if corner else {}
        if not self.edit([{"op": "paste", "pipeline": copied, **at}], label):
            return False
        self._pasted([each for each in self._session.pipeline.nodes if each not in before])
        return True

    def _remove(self, data: Data) -> None:
        node = self._node(data)
        if node is not None:
            self.edit([{"op": "remove", "nodes": [node], "edges": [], "heal": True}])

    # --- files ------------------------------------------------------------------------------

    def _uploading(self, data: Data) -> None:
        self.uploading[text(data, "of")] = text(data, "name")

    def _uploaded(self, data: Data) -> None:
        node = self._node(data)
        self.uploading.pop(text(data, "of"), None)
        if node is not None:
            param, name = text(data, "param"), text(data, "name")
            self._set_params(node, {param: text(data, "upload"), f"{param}_name": name})
            self._session.look_again_at(node)

    def _upload_failed(self, data: Data) -> None:
        self.uploading.pop(text(data, "of"), None)
        self._say(text(data, "message"), "")


def _amount(written: str) -> float | str | None:
    """Read a number as it was typed; what is none stays for the edit to refuse."""
    plain = written.strip()
    value = number_of(plain)
    if value is None:
        return plain or None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _moved(corner: tuple[float, float], by: Any) -> tuple[float, float] | None:
    """Return where a corner lies that is moved ``by`` {x, y}; None where these are no numbers."""
    dx, dy = (by.get("x"), by.get("y")) if isinstance(by, dict) else (None, None)
    if not isinstance(dx, int | float) or not isinstance(dy, int | float):
        return None
    return (corner[0] + dx, corner[1] + dy)
