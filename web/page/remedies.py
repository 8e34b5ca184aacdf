"""What can be done about a failure, as one button beside its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorrag.executor import Missing
from tensorrag.placement import LOCAL
from web.page.markup import Element, Node, a, button, div, span
from web.page.wording import words

SET_UP = "/settings/modal"
"""Where Modal is set up."""

MODAL = "modal"
"""Which executor that is."""

_MISSING: Mapping[str, Missing] = {
    "NotInstalled": "package",
    "NotSignedIn": "sign_in",
    "NotDeployed": "deploy",
}
LIMITS = {
    "CardTimeout": ("timeout", "Change its time limit"),
    "CardOutOfMemory": ("memory", "Change its memory limit"),
    "CardCrashed": ("memory", "Change its memory limit"),
}
"""The limit that mostly helps against an error, and what the button says."""


AGAIN = frozenset({"SourceChanged", "ArtifactNotFound", "ArtifactDamaged"})
"""Errors that another run mends."""
OF_THE_PLACE = frozenset({"ExecutorError", "ExecutorUnavailable", "Unheard"})
"""Errors of where a card ran: another run may mend them, and another place does."""
WAYS = {
    "secret_missing": ("/settings#secrets", "Add the secret"),
    "source_outside": ("/settings#folders", "Open allowed folders"),
}
"""Where in the settings a problem of this code is mended, and what the button says."""


def with_commands(sentence: str) -> Node:
    """Write what stands between backticks as what is typed into a terminal."""
    parts = sentence.split("`")
    return [span(".mono.typed")[part] if at % 2 else part for at, part in enumerate(parts)]


def remedy(error: Mapping[str, Any], node: str, place: str = LOCAL) -> Node:
    """Offer what mostly helps against the error of a card; None where nothing does.

    Args:
        error: as ``tensorrag run --json`` prints it.
        node: the card.
        place: where it ran.
    """
    kind, field = (str(error.get(name) or "") for name in ("type", "field"))
    if kind in _MISSING:
        return [_set_up(_MISSING[kind]), node and _here(node)]
    if kind in LIMITS and node:
        limit, word = LIMITS[kind]
        return button(
            ".btn.o.sml", type="button", data_act="to_limit", data_of=node, data_param=limit
        )[word]
    if kind in AGAIN | OF_THE_PLACE and node:
        again = _button("run_node", node)["Run it again"]
        return [again, kind in OF_THE_PLACE and place != LOCAL and _here(node)]
    if field and node:
        return _button("go", node)(data_param=field)[f"Change {words(field)}"]
    return None


def edit_source(node: str) -> Element:
    """Lead to where the source of a card of one's own is written."""
    return _button("edit_source", node)["Edit its source"]


def way_out(code: str) -> Node:
    """Lead to where in the settings a problem is mended; None where no setting does."""
    if code not in WAYS:
        return None
    address, word = WAYS[code]
    return a(".btn.o.sml", href=address)[word]


def _button(act: str, node: str) -> Element:
    return button(".btn.o.sml", type="button", data_act=act, data_of=node)


def set_up(missing: Missing | None) -> Node:
    """Offer to set up what is missing at a place."""
    return missing and div(".fix")[_set_up(missing)]


def _here(node: str) -> Node:
    return button(
        ".btn.o.sml", type="button", data_act="card_run_on", data_of=node, data_value=LOCAL,
        title="Its place is changed to this machine; then run it",
    )["Run it here"]  # fmt: skip


def _set_up(missing: Missing) -> Node:
    if missing == "deploy":
        return button(
            ".btn.o.sml", type="button", data_act="deploy", data_testid="deploy-now",
            title="Put TensorRag into your Modal account; nothing runs there until you ask for it",
        )["Deploy to Modal"]  # fmt: skip
    return a(".btn.o.sml", href=SET_UP, data_testid="modal-setup")["Set up Modal"]
