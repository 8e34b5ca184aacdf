"""What people change on the page of a pipeline: each action is checked, then one edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorrag.edit.clipboard import corner_of, excerpt
from tensorrag.edit.document import Change
from tensorrag.edit.edges import title_of
from tensorrag.edit.labels import named_notes
from tensorrag.errors import TensorRagError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.as_json import to_json
from web.live.session import Session
from web.page.actions import Action, Data, Say, node_in, text, texts
from web.page.edits.free_places import free_for, free_place
from web.page.edits.kind_edits import KindEdits
from web.page.edits.place_edits import PlaceEdits
from web.page.edits.setting_edits import SettingEdits
from web.page.form.form import problem_key


class Edits:
    """The edits of a pipeline, by the name of their action."""

    def __init__(
        self,
        session: Session,
        say: Say,
        added: Callable[[str], None],
        pasted: Callable[[list[str]], None],
        corrected: Callable[[str, str], None],
    ) -> None:
        """Begin with what there is.

        Args:
            session: of the pipeline.
            say: shows why something was refused.
            added: turns to a new card.
            pasted: selects the cards that were put in as a copy.
            corrected: turns to the card that gave a column another kind, and to the column.
        """
        self._session, self._say, self._added, self._pasted = session, say, added, pasted
        self._opened, self._own = session.revision, set[int]()
        """What was done later, and not by this view, was done elsewhere."""
        self.selected: str | None = None
        """The card that this view is about."""
        self.settings = SettingEdits(session, self.edit, say)
        """Those of the parameters of cards."""
        self.places = PlaceEdits(session, self.edit)
        """Those of where cards run."""
        self.kinds = KindEdits(session, self.edit, corrected)
        """Those of kinds, where columns are looked at."""
        self.actions: dict[str, Action] = {
            "undo": self._undo,
            "redo": self._redo,
            "rename": self._rename,
            "describe": self._describe,
            "title": self._title,
            "wire": self._wire,
            "unwire": self._unwire,
            "fix": self._fix,
            "add_card": self._add_card,
            "bypass": self._bypass,
            "duplicate": self._duplicate,
            "remove": self._remove,
        }
        self.actions |= self.settings.actions | self.places.actions | self.kinds.actions

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

    async def _fix(self, data: Data) -> None:
        """Mend a problem as it is now: a mend of before would take back what was set since.

        Of several mends at one place it is the one that was pressed; one alone may be called
        otherwise by now.
        """
        wanted, pressed = text(data, "problem"), text(data, "mend")
        there = [p.fix for p in await self._session.problems_now() if problem_key(p) == wanted]
        mends = [mend for mend in there if mend is not None]
        named = [mend for mend in mends if mend.label == pressed]
        for mend in named[:1] or (mends if len(mends) == 1 else []):
            self.edit(list(mend.ops), mend.label)

    # --- a card -----------------------------------------------------------------------------

    def _wire(self, data: Data) -> None:
        """Wire an input to the output that was chosen for it, in place of the one it had."""
        node, port = node_in(self._session.pipeline, data), text(data, "at")
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

    def _unwire(self, data: Data) -> None:
        """Take a wire out of an input that takes many."""
        self.edit([{"op": "disconnect", "id": text(data, "edge")}])

    def _title(self, data: Data) -> None:
        node = node_in(self._session.pipeline, data)
        if node is None:
            return
        title = text(data, "value").strip() or None
        if title != self._session.pipeline.nodes[node].title:
            self.edit([{"op": "set_node", "node": node, "title": title}], merge_key=f"{node} title")

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
        node = node_in(self._session.pipeline, data)
        if node is not None:
            self.edit([{"op": "remove", "nodes": [node], "edges": [], "heal": True}])


def _moved(corner: tuple[float, float], by: Any) -> tuple[float, float] | None:
    """Return where a corner lies that is moved ``by`` {x, y}; None where these are no numbers."""
    dx, dy = (by.get("x"), by.get("y")) if isinstance(by, dict) else (None, None)
    if not isinstance(dx, int | float) or not isinstance(dy, int | float):
        return None
    return (corner[0] + dx, corner[1] + dy)
