"""What people set in the form of a card: each action checked, then one edit."""

from __future__ import annotations

from typing import Any

from tensorrag.pipeline import JsonObject
from tensorrag.types import ColumnSchema
from web.live.session import Session
from web.page.actions import Action, Data, Edit, Say, node_in, text
from web.page.edits.apply_best import best_of
from web.page.form import clauses, terms
from web.page.form.fields import FieldSpec, field_specs
from web.page.form.number_list import edit_list
from web.page.form.ranges import tuned

_ROWED = {"condition": clauses.changed, "formula": terms.changed}
"""What changes a row of a text, by the kind of its field."""


class SettingEdits:
    """The edits of the parameters of cards, by the name of their action."""

    def __init__(self, session: Session, edit: Edit, say: Say) -> None:
        self._session, self._edit, self._say = session, edit, say
        self.uploading: dict[str, str] = {}
        """Files on their way, by card."""
        self.actions: dict[str, Action] = {
            "set": self._set,
            "reset": self._reset,
            "tune": self._tune,
            "row": self._row,
            "apply_best": self._apply_best,
            "list_add": lambda data: self._list("list_add", data),
            "list_up": lambda data: self._list("list_up", data),
            "list_down": lambda data: self._list("list_down", data),
            "list_remove": lambda data: self._list("list_remove", data),
            "uploading": self._uploading,
            "uploaded": self._uploaded,
            "upload_failed": self._upload_failed,
        }

    def spec(self, data: Data) -> tuple[str, FieldSpec] | None:
        """Return the card and the field that an action is about, if there is one."""
        node, param = node_in(self._session.pipeline, data), text(data, "param")
        if node is None:
            return None
        info = self._session.catalog.cards.get(self._session.pipeline.nodes[node].card)
        specs = field_specs(info.params) if info else ()
        found = next((spec for spec in specs if spec.name == param), None)
        return (node, found) if found else None

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

    def _apply_best(self, data: Data) -> None:
        """Set a model card to the best that a search found, as one edit."""
        node = node_in(self._session.pipeline, data)
        made = self._session.results.of(node) if node is not None else None
        if node is None or made is None:
            return
        outputs = made.node.get("outputs")
        best = best_of(self._session.pipeline, self._session.catalog, node, outputs)
        if best is not None and not best.is_set:
            self._edit([best.op], best.label)

    def _uploading(self, data: Data) -> None:
        self._say("", "")  # what was wrong with another file is past
        self.uploading[text(data, "of")] = text(data, "name")

    def _uploaded(self, data: Data) -> None:
        node = node_in(self._session.pipeline, data)
        self.uploading.pop(text(data, "of"), None)
        if node is not None:
            param, name = text(data, "param"), text(data, "name")
            self._set_params(node, {param: text(data, "upload"), f"{param}_name": name})
            self._session.checking.chosen_again(node)

    def _upload_failed(self, data: Data) -> None:
        self.uploading.pop(text(data, "of"), None)
        self._say(text(data, "message"), "")

    def _set_params(self, node: str, params: JsonObject, merge_key: str | None = None) -> None:
        current = self._session.pipeline.nodes[node].params
        changed = {name: value for name, value in params.items() if current.get(name) != value}
        if changed:
            op = {"op": "set_params", "node": node, "params": changed}
            self._edit([op], merge_key=merge_key)

    def _value(self, node: str, spec: FieldSpec) -> Any:
        return self._session.pipeline.nodes[node].params.get(spec.name, spec.default)

    def _columns(self, node: str, spec: FieldSpec) -> tuple[ColumnSchema, ...]:
        facts = self._session.checked.nodes.get(node)
        schema = facts.inputs.get(spec.columns_of or "") if facts else None
        return getattr(schema, "columns", None) or ()
