"""Icons, the mark, and the shapes of value types: small SVG pictures, drawn in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tensorrag.catalog import TypeInfo
from web.page.markup import Element, Markup, Node, span, svg

_PATHS = {
    "bell": '<path d="M3.5 11.5h9c-1-1-1.3-2-1.3-4.2a3.2 3.2 0 0 0-6.4 0c0 2.2-.3 3.2-1.3 4.2z"/>'
    '<path d="M6.7 13.6h2.6"/>',
    "check": '<path d="m3.5 8.4 3 3 6-6.6"/>',
    "chevron": '<path d="m5 6.5 3 3 3-3"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "down": '<path d="M8 3.5v9M4.5 9 8 12.5 11.5 9"/>',
    "up": '<path d="M8 12.5v-9M4.5 7 8 3.5 11.5 7"/>',
    "code": '<path d="M5 4.5 1.8 8 5 11.5M11 4.5 14.2 8 11 11.5M9.3 3l-2.6 10"/>',
    "copy": '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/>'
    '<path d="M10.5 2.5H4A1.5 1.5 0 0 0 2.5 4v6.5"/>',
    "dots": '<circle cx="3.5" cy="8" r=".6"/><circle cx="8" cy="8" r=".6"/>'
    '<circle cx="12.5" cy="8" r=".6"/>',
    "compare": '<path d="M2.5 12.5 6 7l3 3 4.5-7"/><path d="M2.5 9.5 6 11l3-6 4.5 3"'
    ' stroke-dasharray="1.8 1.8"/>',
    "export": '<path d="M8 10V2.5M5 5l3-2.7L11 5"/>'
    '<path d="M3 9.5v3a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3"/>',
    "history": '<path d="M2.5 3v3.2h3.2"/><path d="M2.8 6A5.7 5.7 0 1 1 2.3 8.6"/>'
    '<path d="M8 5v3.3l2.3 1.4"/>',
    "import": '<path d="M8 2.5V10M5 7.5l3 2.7 3-2.7"/>'
    '<path d="M3 9.5v3a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3"/>',
    "expand": '<path d="M9.5 2.5h4v4M13.2 2.8 9 7M6.5 13.5h-4v-4M2.8 13.2 7 9"/>',
    "pause": '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
    "pen": '<path d="m3 13 .7-3L10.8 2.9l2.3 2.3L6 12.3z"/><path d="m9.2 4.5 2.3 2.3"/>',
    "play": '<path d="M5 3.2v9.6l7.6-4.8z" fill="currentColor"/>',
    "plus": '<path d="M8 3.5v9M3.5 8h9"/>',
    "redo": '<path d="m10.5 3 3 3-3 3"/><path d="M13.5 6H6.75a4 4 0 0 0 0 8H10"/>',
    "reset": '<path d="M3 3v3.5h3.5"/><path d="M3.3 6.3A5.3 5.3 0 1 1 2.7 9"/>',
    "keyboard": '<rect x="1.8" y="4" width="12.4" height="8" rx="1.4"/>'
    '<path d="M4.4 6.6h.1M7 6.6h.1M9.4 6.6h.1M11.7 6.6h.1M5.2 9.4h5.6"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>',
    "sliders": '<path d="M2.5 5H8M13 5h.5M2.5 11H3M8 11h5.5"/><circle cx="10.5" cy="5" r="1.9"/>'
    '<circle cx="5.5" cy="11" r="1.9"/>',
    "stop": '<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor"/>',
    "theme": '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.8v1M8 13.2v1M1.8 8h1M13.2 8h1M3.6 3.6'
    'l.7.7M11.7 11.7l.7.7M3.6 12.4l.7-.7M11.7 4.3l.7-.7"/>',
    "tab": '<path d="M9.5 2.5h4v4M13.2 2.8 7.5 8.5"/><path d="M11.5 9.5v3a1 1 0 0 1-1 1h-7a1 1 0'
    ' 0 1-1-1v-7a1 1 0 0 1 1-1h3"/>',
    "undo": '<path d="M5.5 3 2.5 6l3 3"/><path d="M2.5 6h6.75a4 4 0 0 1 0 8H6"/>',
    "trash": '<path d="M2.8 4.5h10.4M6 4.2V2.8h4v1.4M4.2 4.5l.6 9h6.4l.6-9M6.8 7v4M9.2 7v4"/>',
    "upload": '<path d="M8 10.5V3M5 5.7 8 3l3 2.7M3 13h10"/>',
    "sweep": '<path d="M2.5 13.5h11M3.8 10.5V8M6.6 10.5V5.5M9.4 10.5V2.5M12.2 10.5V6.5"/>',
    # states
    "done": '<circle cx="8" cy="8" r="6.2"/><path d="m5.4 8.2 1.9 1.9 3.4-3.8"/>',
    "failed": '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.8v3.8M8 11v.1"/>',
    "queued": '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.6V8l2.3 1.6"/>',
    "running": '<circle cx="8" cy="8" r="6.2" opacity=".25"/>'
    '<path d="M8 1.8A6.2 6.2 0 0 1 14.2 8"/>',
    "stale": '<path d="M13.4 6.3A5.8 5.8 0 0 0 3 5.2M2.6 9.7A5.8 5.8 0 0 0 13 10.8"/>'
    '<path d="M3 2.2v3h3M13 13.8v-3h-3"/>',
    "blocked": '<circle cx="8" cy="8" r="6.2"/><path d="m3.8 12.2 8.4-8.4"/>',
    "cancelled": '<circle cx="8" cy="8" r="6.2"/><path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"/>',
    "stopping": '<path d="M8 1.8A6.2 6.2 0 1 1 1.8 8"/><path d="M6 6h4v4H6z"/>',
    "bypassed": '<path d="M2.5 8h3M10.5 8h3"/><path d="M5.5 8a2.5 2.5 0 0 1 5 0"/>',
    "warning": '<path d="M8 2.4 14.2 13H1.8z"/><path d="M8 6.4v3M8 11.2v.1"/>',
    "info": '<circle cx="8" cy="8" r="6.2"/><path d="M8 7.4v3.8M8 5v.1"/>',
}
_SHAPES = {
    "square": '<rect x=".7" y=".7" width="7.6" height="7.6" rx="1.4"/>',
    "diamond": '<path d="M4.5-.5 9.5 4.5 4.5 9.5-.5 4.5z"/>',
    "circle": '<circle cx="4.5" cy="4.5" r="4.3"/>',
    "triangle": '<path d="M4.5.2 9.3 8.6H-.3z"/>',
}
MARK = Markup(
    '<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><path d="M6.5 6.5C11 6.5 9 13.5 13.5'
    ' 13.5" fill="none" stroke="var(--ink)" stroke-width="1.8"/><rect x="2" y="4" width="5"'
    ' height="5" rx="1.4" fill="var(--ink)"/><circle cx="15.5" cy="13.5" r="2.7"'
    ' fill="var(--ink)"/></svg>'
)
STATES: Mapping[str, tuple[str, str, str]] = {
    "done": ("done", "done", "Done"),
    "succeeded": ("done", "done", "Done"),
    "running": ("running", "run", "Running"),
    "stopping": ("stopping", "idle", "Stopping…"),
    "queued": ("queued", "idle", "Queued"),
    "failed": ("failed", "error", "Failed"),
    "cancelled": ("cancelled", "idle", "Cancelled"),
    "interrupted": ("cancelled", "stale", "Interrupted"),
    "blocked": ("blocked", "idle", "Blocked"),
    "bypassed": ("bypassed", "idle", "Bypassed"),
    "stale": ("stale", "stale", "Stale"),
    "idle": ("queued", "idle", "Not run yet"),
}
"""Each state as icon, colour and word: never by hue alone."""
GOING = frozenset({"running", "stopping", "queued"})
"""Those that pass: what is ``.live`` is not seen while the server is away, it may be over."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def icon(name: str, classes: str = "") -> Element:
    """Draw an icon, 16 px, or 14 px with ``.s``; it is hidden from screen readers."""
    return svg(f".ic{classes}", viewBox="0 0 16 16", aria_hidden="true")[Markup(_PATHS[name])]


def glyph(kind: TypeInfo | None, **attributes: str | int | float) -> Element:
    """Draw the shape of a type in its colour; an unknown type is a grey square."""
    shape = _SHAPES.get(kind.shape if kind else "square", _SHAPES["square"])
    word = kind.label if kind else "unknown type"
    return svg(
        ".g", viewBox="0 0 9 9", role="img", aria_label=word, style=type_colours(kind), **attributes
    )[Markup(shape)]


def type_colours(kind: TypeInfo | None) -> str:
    """Return the two colours of a type as style properties; what is no colour is left out."""
    if kind and _COLOUR.fullmatch(kind.light) and _COLOUR.fullmatch(kind.dark):
        return f"--l:{kind.light};--d:{kind.dark}"
    return "--l:#696973;--d:#93949d"


def state(name: str, word: Node = None) -> Element:
    """Show a state by icon, word and colour."""
    drawing, tone, usual = STATES.get(name, STATES["idle"])
    spinning = ".spin" if drawing == "running" else ""
    live = ".live" if name in GOING else ""
    return span(f".st.c-{tone}{live}")[icon(drawing, f".s{spinning}"), word or usual]
