"""What is laid over the canvas and belongs to no card: why something was refused, or not saved."""

from __future__ import annotations

from tensorrag.edit.words import changes, summary
from web.live.keeping.pipeline_file import Theirs
from web.live.session import Session
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, span

Said = tuple[str, str] | None
"""A sentence and its hint, said in this tab alone."""


def banner(session: Session, said: Said) -> Node:
    """Draw the most urgent of what there is to say."""
    if session.saving.trouble is not None:
        error = session.saving.trouble
        return _note(
            "not-saved",
            f"Not saved: {error.message}",
            f"{error.hint} Nothing is lost while the server runs, and it tries again by itself.",
        )
    if said is not None:
        return _note("said", *said, close="close_note")
    if session.outside.offer is not None:
        return _offer(session, session.outside.offer)
    if session.notices.all:
        return _note("notice", *session.notices.all[0], close="close_notice")
    return None


def _offer(session: Session, theirs: Theirs) -> Element:
    keep = _choice("keep_mine", "Keep this one")
    if theirs.loaded is None:
        said = "Another program wrote what is no pipeline into this file."
        return _note("outside", said, theirs.why, more=keep)
    new = summary(changes(session.pipeline, theirs.loaded.pipeline, session.catalog))
    said = "Another program changed the file of this pipeline."
    take = _choice("take_theirs", "Take it up")
    hint = f"{new or 'Nothing that shows'}. Nothing is lost either way."
    return _note("outside", said, hint, more=[take, keep])


def _choice(act: str, word: str) -> Element:
    return button(".pick", type="button", data_act=act, data_testid=act)[word]


def _note(about: str, message: str, hint: str, *, close: str = "", more: Node = None) -> Element:
    x = button(type="button", data_act=close, aria_label="Close this message")[icon("close", ".s")]
    return div(".note", role="alert", data_testid="note", data_key=f"note-{about}")[
        span[message, hint and f" {hint}"], more, x if close else None
    ]
