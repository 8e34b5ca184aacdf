"""How the page looks that sets Modal up: three steps, what each needs, and what Modal says."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tensorrag.executor import Missing, Offers
from web.live.setting_up import State
from web.page.bar_buttons import finder_button, theme_button
from web.page.icons import MARK, icon, state
from web.page.markup import Element, Node, a, button, div, h1, h2, header, li, ol, p, section, span
from web.page.remedies import with_commands
from web.page.wording import dollars

STEPS: tuple[Missing, ...] = ("package", "sign_in", "deploy")


@dataclass(frozen=True)
class SetUp:
    """What the page shows."""

    offers: Offers | None = None
    """What Modal last answered; None before it was asked."""
    looking: bool = False
    state: State = ""
    """Of the deployment that was begun here."""
    lines: Sequence[str] = ()
    """What it has said so far."""
    price: float | None = None
    """US$ per second of a T4."""

    @property
    def reached(self) -> int:
        """How many of the steps are done, as far as that is known."""
        if self.offers is None:
            return 0
        if self.offers.available:
            return len(STEPS)
        return STEPS.index(self.offers.missing) if self.offers.missing else 1

    @property
    def stuck(self) -> bool:
        """Whether Modal could not be asked: no step can be told."""
        return self.offers is not None and not self.offers.available and not self.offers.missing


def modal_setup(shown: SetUp) -> Node:
    """Draw the whole page."""
    return [
        _bar(),
        div(".wrap.slim")[_steps(shown), _said(shown), _costs(shown)],
    ]


def _bar() -> Element:
    return header(".top")[
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        a(".crumb.m2", href="/settings")["Settings"],
        span(".slash", aria_hidden="true")["/"],
        h1(style="font-weight:600")["Modal"],
        span(".sp"),
        finder_button(),
        theme_button(),
    ]


# --- the steps ------------------------------------------------------------------------------


def _steps(shown: SetUp) -> Element:
    price = f", a T4 for {dollars(shown.price * 3600)} an hour" if shown.price is not None else ""
    say = f"Modal rents GPUs by the second{price}. A card runs there only where you ask for it."
    return section(".part", data_testid="modal-steps", aria_labelledby="modal-h")[
        h2(id="modal-h")["Set up Modal"],
        p(".m2")[say],
        _trouble(shown),
        ol(".steps")[_package(shown), _signed_in(shown), _deployed(shown)],
    ]


def _trouble(shown: SetUp) -> Node:
    if not shown.stuck or shown.offers is None:
        return None
    return div(".msg.error", role="alert")[
        span(".c-error")[icon("failed", ".s")],
        div(".sp")[
            span(".w5")[shown.offers.reason],
            div(".m2")[with_commands(shown.offers.hint)],
            div(".fix")[_look_again(shown, ".btn.o.sml")],
        ],
    ]


def _package(shown: SetUp) -> Element:
    done = "Installed: it speaks with Modal."
    return _step(shown, 0, "The modal package", done, _todo(shown), _look_again(shown))


def _signed_in(shown: SetUp) -> Element:
    done = "The token stays on this machine."
    return _step(shown, 1, "Your account", done, _todo(shown), _look_again(shown))


def _todo(shown: SetUp) -> Node:
    """Say what is missing and what to type, in the words of the executor."""
    if shown.offers is None:
        return None
    what, _, command = shown.offers.hint.partition("`")
    typed = command.partition("`")[0]
    return [
        div[f"{shown.offers.reason} {what}".strip()],
        typed and div(".command.mono")[typed],
    ]


def _deployed(shown: SetUp) -> Element:
    offers = shown.offers
    known = offers is not None and offers.available
    version = f" {offers.version}" if offers is not None and offers.version else ""
    outdated = offers.outdated if offers is not None else ""
    fresh = offers is None or "not deployed" in offers.reason
    todo = [
        div[offers.reason if offers is not None else ""],
        div[
            "An image with the versions of torch and pandas that you have here. The first time "
            "takes minutes; it costs nothing while no card runs."
        ],
    ]
    primary = _deploy(shown, "Deploy" if fresh else "Deploy again", ".btn.p")
    again = _deploy(shown, "Deploy again", ".btn.p" if outdated else ".btn.o")
    done: Node = [div[outdated]] if outdated else "The same as on this machine."
    name = f"TensorRag{version} in your account"
    step = _step(shown, 2, name, done, todo, primary)
    return step if not known else _row("stale" if outdated else "done", name, done, again)


def _step(shown: SetUp, at: int, name: str, done: Node, todo: Node, does: Node) -> Element:
    """Draw one step: done, to be done now, not known, or later."""
    if at < shown.reached:
        return _row("done", name, done)
    if shown.offers is None:
        return _row("asking" if shown.looking else "later", name)
    if shown.stuck or at > shown.reached:
        return _row("unknown" if shown.stuck else "later", name)
    return _row("now", name, todo, does)


_MARKS = {
    "done": ("done", "Done"),
    "stale": ("stale", "Old"),
    "now": ("idle", "To do"),
    "later": ("idle", "Later"),
    "unknown": ("idle", "Not known"),
    "asking": ("running", "Asking"),
}


def _row(how: str, name: str, detail: Node = None, does: Node = None) -> Element:
    drawing, word = _MARKS[how]
    return li(data_step=how, aria_current="step" if how == "now" else None)[
        state(drawing, word),
        div(".sp")[div(".w5")[name], detail and div(".m2")[detail]],
        does,
    ]


def _look_again(shown: SetUp, look: str = ".btn.p") -> Element:
    return button(
        look, type="button", data_act="look", data_testid="look-again", disabled=shown.looking
    )["Looking …" if shown.looking else "Look again"]


def _deploy(shown: SetUp, word: str, look: str) -> Element:
    going = shown.state == "running"
    return button(
        look, type="button", data_act="deploy", data_testid="deploy", disabled=going
    )["Deploying …" if going else word]  # fmt: skip


# --- what Modal says ------------------------------------------------------------------------

_ENDS = {"running": "Deploying", "done": "Deployed", "failed": "It did not work"}


def _said(shown: SetUp) -> Node:
    if not shown.state:
        return None
    words = [line for line in shown.lines if line.strip()]
    wrong = (
        shown.state == "failed"
        and div(".msg.error", role="alert")[
            span(".c-error")[icon("failed", ".s")],
            div(".sp")[
                span(".w5")[words[-2] if len(words) > 1 else "It ended without saying why."],
                div(".m2")[words[-1] if len(words) > 1 else "Deploy again."],
            ],
        ]
    )
    drawn = "succeeded" if shown.state == "done" else shown.state
    return section(".part", data_testid="deployment", data_state=shown.state)[
        div(".row")[
            h2["What Modal says"], span(".sp"), state(drawn, _ENDS[shown.state])
        ],
        wrong,
        div(".output", tabindex="0", role="log", aria_label="What Modal says")[
            div(".log")["\n".join(shown.lines).rstrip() or "…"]
        ],
    ]  # fmt: skip


def _costs(shown: SetUp) -> Node:
    if shown.offers is None or not shown.offers.available or shown.price is None:
        return None
    return section(".part", data_testid="modal-use", aria_labelledby="modal-use-h")[
        h2(id="modal-use-h")["Run something there"],
        p(".m2")[
            "Choose Modal beside Run, or in the settings of one card. A T4 is "
            f"{dollars(shown.price * 3600)} an hour while a card runs, and up to a minute after "
            "the last one."
        ],
        p(".m2")[
            with_commands(
                "Large tables stay in your account, so that none is sent twice. What nobody has "
                f"used for 30 days is removed with `{shlex.quote(sys.executable)} -m tensorrag "
                "modal clean`."
            )
        ],
        a(".link.s12", href="/")["All pipelines"],
    ]
