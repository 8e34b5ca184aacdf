"""How the page of the settings looks: folders, hosts, results, memory, secrets, and who gets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from web.page.bar_buttons import finder_button, theme_button
from web.page.icons import MARK, icon
from web.page.markup import (
    Element,
    Node,
    a,
    button,
    dialog,
    div,
    form,
    h1,
    h2,
    header,
    input_,
    label,
    li,
    p,
    span,
    ul,
)
from web.page.start.view import notice_of_damage
from web.page.wording import size
from web.page.workspace.allowed import Allowed, folders_part, hosts_part
from web.page.workspace.notifying import Notifying, notifying_part
from web.page.workspace.part import part, wrong
from web.page.workspace.renting import Renting, renting_part


@dataclass(frozen=True)
class Shown:
    """What the page shows. Of secrets it knows the names alone."""

    allowed: Allowed
    held: int
    """Bytes of stored results."""
    pinned: int
    """Bytes of those that stay: of the latest run of each pipeline, and of named versions."""
    cap: int
    card_memory: int | None
    """MiB; None: by the kind of the card."""
    renting: Renting
    notifying: Notifying
    secrets: Sequence[str]
    has_token: bool
    """Whether there is a token that lets people in."""
    notices: Sequence[str] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    """By setting, why what was asked for cannot be."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """By setting, what was refused, to be mended where it stands."""
    replaces: str = ""
    """The secret whose new value is asked for."""
    asked: str = ""
    """The secret that is about to be deleted."""
    kept: str = ""
    """The part in which something was changed just now, and is on disk."""
    changes: int = 0
    """Counts what was done: a form that was taken begins anew."""


def workspace_settings(shown: Shown) -> Node:
    """Draw the whole page."""
    parts = {
        "folders": folders_part(shown.allowed),
        "hosts": hosts_part(shown.allowed),
        "results": _results(shown),
        "memory": _memory(shown),
        "renting": renting_part(shown.renting),
        "notifying": notifying_part(shown.notifying),
        "secrets": _secrets(shown),
        "access": _access(shown),
    }
    return [
        _bar(),
        div(".wrap.slim")[
            [notice_of_damage(notice) for notice in shown.notices],
            [drawn[_kept(name == shown.kept)] for name, drawn in parts.items() if drawn],
        ],
        _ask_secret(shown.asked),
        _ask_token(),
    ]


def _bar() -> Element:
    return header(".top")[
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        h1(style="font-weight:600")["Settings"],
        span(".sp"),
        finder_button(),
        theme_button(),
    ]


def _kept(now: bool) -> Element:
    return p(".kept.cap", role="status")["Saved" if now else ""]


# --- numbers --------------------------------------------------------------------------------


def _results(shown: Shown) -> Element:
    share = min(100.0, 100 * shown.held / shown.cap) if shown.cap else 0.0
    kept = f"{size(shown.pinned)} of it stays: the latest runs and named versions of pipelines."
    latest = span(".m2")[kept] if shown.pinned else None
    say = "Results are stored, so that no card runs twice. After each run, what was of use longest ago makes room."  # noqa: E501
    return part("results", "Stored results", say)[
        div(".use")[
            div(".bar6")[span(style=f"width:{share:.1f}%")],
            div(".row.s12")[
                span(".num")[f"{size(shown.held)} of {size(shown.cap)}"],
                span(".sp"),
                latest,
            ],
        ],
        _number(shown, "store_cap", "Keep at most", f"{shown.cap / 1e9:g}", "GB", "20"),
    ]


def _memory(shown: Shown) -> Element:
    say = (
        "A card that takes more ends with a sentence that says so, and harms nothing else. "
        "A card may have a limit of its own, in its settings."
    )
    now = "" if shown.card_memory is None else str(shown.card_memory)
    return part("memory", "Memory of a card", say)[
        _number(shown, "card_memory", "At most", now, "MB", "by kind of card")
    ]


def _number(shown: Shown, name: str, word: str, now: str, unit: str, empty: str) -> Node:
    control = input_(
        type="text", inputmode="decimal", id=name, value=shown.typed.get(name, now),
        placeholder=empty, data_sets=name, data_blurs=True, autocomplete="off",
        aria_invalid="true" if name in shown.wrong else None,
    )  # fmt: skip
    return [
        div(".field.line" + (".bad" if name in shown.wrong else ""), data_field=name)[
            label(".s12", for_=name)[word],
            div(".inp.short")[control, span(".u.s12")[unit]],
        ],
        wrong(shown.wrong.get(name)),
    ]


# --- secrets --------------------------------------------------------------------------------


def _secrets(shown: Shown) -> Element:
    say = (
        "Keys and tokens that cards ask for by name. A value goes to the card that names it and "
        "to nobody else; it is never shown again."
    )
    return part("secrets", "Secrets", say)[
        ul(".rows")[[_secret(name) for name in shown.secrets]]
        if shown.secrets
        else div(".none")["None yet."],
        form(
            ".line.two", data_sends="keep_secret", autocomplete="off",
            data_key=f"secret-{shown.changes}-{shown.replaces}",
        )[
            div(".inp")[
                input_(
                    type="text", name="name", aria_label="Name of the secret", placeholder="Name",
                    value=shown.typed.get("secrets", shown.replaces), autocomplete="off",
                    spellcheck="false", maxlength="64", id="secret-name",
                )
            ],
            div(".inp")[
                input_(
                    type="password", name="value", aria_label="Value of the secret",
                    placeholder=f"New value of {shown.replaces}" if shown.replaces else "Value",
                    autocomplete="new-password", maxlength="10000", id="secret-value",
                )
            ],
            button(".btn.o", type="submit")["Replace" if shown.replaces else "Keep"],
        ],
        wrong(shown.wrong.get("secrets")),
    ]  # fmt: skip


def _secret(name: str) -> Element:
    return li(data_key=f"secret-{name}", data_secret=name)[
        span(".mono.cut")[name],
        span(".m3", aria_label="Its value is not shown")["••••••••"],
        span(".sp"),
        button(".btn.sml", type="button", data_act="replace_secret", data_name=name)["Replace"],
        button(
            ".x", type="button", data_act="ask_secret", data_name=name, title=f"Delete {name}",
            aria_label=f"Delete {name}",
        )[icon("close", ".s")],
    ]  # fmt: skip


def _ask_secret(name: str) -> Element:
    return _ask(
        "ask-secret",
        f"Delete {name}?",
        "Cards that name it cannot run until there is one again.",
        button(".btn.p", type="button", data_act="delete_secret", data_name=name)["Delete"],
    )


# --- who gets in ----------------------------------------------------------------------------


def _access(shown: Shown) -> Element | None:
    if not shown.has_token:
        return None
    say = "Where the editor asks for a token, only the printed link lets a browser in."
    return part("access", "Who gets in", say)[
        div(".line")[button(".btn.o", type="button", data_act="ask_token")["Draw a new token …"],]
    ]


def _ask_token() -> Element:
    return _ask(
        "ask-token",
        "Draw a new token?",
        [
            "Every browser is out within seconds, this one too. ",
            span(".mono")["tensorrag token"],
            " prints the new link, on the machine of the editor.",
        ],
        button(".btn.p", type="button", data_act="new_token")["Draw a new token"],
    )


def _ask(name: str, title: str, say: Node, does: Element) -> Element:
    return dialog(id=name, aria_labelledby=f"{name}-h")[
        h2(id=f"{name}-h")[title],
        p[say],
        div(".row")[button(".btn.o", type="button", data_act="keep")["Cancel"], does],
    ]
