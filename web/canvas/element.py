"""``PipelineCanvas``: the element that shows a pipeline and tells what is done to it.

The graph never travels as a property. The browser says ``ready``; the page answers with `load`,
and afterwards sends only what changed. What a user does arrives as one event per gesture.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from nicegui import ui
from nicegui.events import GenericEventArguments

from tensorrag.plain import JsonObject

Handler: TypeAlias = Callable[[JsonObject], Awaitable[None] | None]

DIST = Path(__file__).parent / "dist"
_FETCH_EARLY = (
    "<script>(() => { const map = document.querySelector('script[type=importmap]');"
    " const href = JSON.parse(map.textContent).imports['tensorrag-canvas'];"
    " document.head.append(Object.assign(document.createElement('link'),"
    " { rel: 'modulepreload', href })); })()</script>"
)
"""The browser would ask for the canvas only once all that the page is made with has arrived."""

if not (DIST / "index.js").is_file():
    raise ImportError(
        f"The canvas is not built: {DIST / 'index.js'} is missing. Run `make frontend`."
    )


class PipelineCanvas(ui.element, component="pipeline_canvas.js", esm={"tensorrag-canvas": "dist"}):
    """A pipeline to look at and to edit.

    Every handler gets one JSON object, as the browser sent it: check it before use.
    """

    def __init__(
        self,
        *,
        readonly: bool = False,
        on_ready: Handler | None = None,
        on_ops: Handler | None = None,
        on_spawn: Handler | None = None,
        on_command: Handler | None = None,
        on_select: Handler | None = None,
        on_rejected: Handler | None = None,
        on_drop_card: Handler | None = None,
        on_upload: Handler | None = None,
        on_paste: Handler | None = None,
    ) -> None:
        """Make the canvas.

        :param readonly: to be looked at, moved and zoomed; nothing on it can be changed
        :param on_ready: the page is open and wants `load`; also after a reconnect that lost state
        :param on_ops: a gesture, ``{"revision": 3, "ops": [...]}``, perhaps with its ``label``
        :param on_spawn: a card dropped from the palette, ``{"card", "x", "y"}``; beside a wire or
            in one, ``connect`` or ``splice``, with the ``positions`` of cards that make way, and
            the ``annotations`` of composites that do
        :param on_command: a key or a button, ``{"name": "undo", "node"?, "nodes"?}``
        :param on_select: what is selected now, ``{"nodes": [...], "edges": [...]}``
        :param on_rejected: a sentence on what was refused, ``{"message"}``
        :param on_drop_card: a Python file dropped on the canvas, ``{"name", "text"}``
        :param on_upload: a table dropped and stored, ``{"name", "upload", "x", "y"}``
        :param on_paste: text of the clipboard and the corner for it, ``{"text", "x", "y"}``
        """
        super().__init__()
        ui.add_head_html(_FETCH_EARLY)
        if readonly:
            self.props["readonly"] = True
        handlers = {
            "ready": on_ready,
            "ops": on_ops,
            "spawn": on_spawn,
            "command": on_command,
            "select": on_select,
            "rejected": on_rejected,
            "drop_card": on_drop_card,
            "upload": on_upload,
            "paste": on_paste,
        }
        for event, handler in handlers.items():
            if handler is not None:
                self.on(event, _with_payload(handler))

    def load(self, snapshot: Mapping[str, Any]) -> None:
        """Show a pipeline whole: revision, types, nodes, edges, runtime, and whether to fit it.

        As text: a browser reads that much faster than the same as a part of a program.
        """
        self.run_method("load", json.dumps(snapshot))

    def patch(self, revision: int, ops: Iterable[Mapping[str, Any]]) -> None:
        """Apply changes of the document; harmless to the view that they came from."""
        self.run_method("patch", {"revision": revision, "ops": list(ops)})

    def set_runtime(self, states: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Replace what these nodes are doing; ``None`` forgets it."""
        self.run_method("setRuntime", states)

    def set_sources(self, sources: Mapping[str, Any]) -> None:
        """Hand over the sources of cards of one's own, by card: they go along when it is copied."""
        self.run_method("setSources", sources)

    def put_in_clipboard(self, text: str) -> None:
        """Answer to a copy that was made while an edit was on its way."""
        self.run_method("putInClipboard", text)

    def set_leads(self, leads: Iterable[Mapping[str, Any]]) -> None:
        """Say where the command palette can lead besides what the canvas knows."""
        self.run_method("setLeads", list(leads))

    def fit(self) -> None:
        """Zoom so that every card is in view, at most to 100 %."""
        self.run_method("fit")

    def focus_node(self, node: str) -> None:
        """Select a card and bring it into view."""
        self.run_method("focusNode", node)

    def select(self, nodes: Iterable[str]) -> None:
        """Select these cards and nothing else."""
        self.run_method("select", list(nodes))


def _with_payload(
    handler: Handler,
) -> Callable[[GenericEventArguments], Awaitable[None] | None]:
    """Hand on the payload alone; a browser that sends anything but an object is not heard."""

    def handle(event: GenericEventArguments) -> Awaitable[None] | None:
        return handler(event.args) if isinstance(event.args, dict) else None

    return handle
