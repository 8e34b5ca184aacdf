"""The page of a pipeline as plain Python: to be read, copied, taken along and verified."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from nicegui import ui

from tensorrag.errors import TensorRagError
from tensorrag.leaving.comparing import Verdict
from tensorrag.leaving.written import Refusal
from web.live.session import Session
from web.live.sessions import Sessions
from web.page.actions import Data
from web.page.bar_buttons import finder_button, theme_button
from web.page.icons import icon
from web.page.markup import Node, a, button, div, h1, h2, p, pre, span
from web.page.panel import Panel
from web.page.sources.python_code import coloured
from web.page.sources.view import way_here


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    pipeline: str
    text: str = ""
    """The script; empty where a card cannot leave."""
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    verifying: bool = False
    seconds: int = 0
    """That it has been verified for."""
    wrong: tuple[str, str] | None = None
    said: str = ""


class PythonPage:
    """One tab that shows it."""

    def __init__(self, sessions: Sessions, session: Session) -> None:
        self._sessions, self._session = sessions, session
        self._shown = Shown(session.id)
        self._verifying: asyncio.Task[None] | None = None

    async def build(self) -> None:
        """Put the page together.

        Raises:
            TensorRagError: the pipeline cannot be written at all.
        """
        await self._write()
        back = self._session.id, self._session.pipeline.name or self._session.id
        with ui.element("div").classes("writing"):
            Panel(
                "header",
                [
                    way_here(back),
                    h1(style="font-weight:600")["Python"],
                    span(".sp"),
                    finder_button(),
                    theme_button(),
                ],
            ).classes("top")
            self._code = Panel("div", code(self._shown)).classes("sourcepart")
            self._beside = Panel("aside", beside(self._shown), act=self.act).classes("draft")
            self._beside.props["aria-label"] = "What can be done with it"

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        if name == "copy" and self._shown.text:
            ui.clipboard.write(self._shown.text)
            self._say(said="Copied.")
        elif name == "verify" and self._shown.text and not self._shown.verifying:
            await self._verify()
        elif name == "cancel" and self._verifying is not None:
            self._verifying.cancel()

    async def _write(self) -> None:
        leavings = self._sessions.leavings
        self._leaving = await leavings.write(self._session)
        written = self._leaving.written
        self._shown = replace(
            self._shown,
            text=""
            if written.refusals
            else self._leaving.text("py", await leavings.badge(self._session, self._leaving)),
            refusals=written.refusals,
            notes=written.notes,
            verdict=await leavings.verdict(self._session, self._leaving),
        )

    async def _verify(self) -> None:
        """Verify the pipeline as it is now, which may be another one than was shown."""
        self._say(verifying=True, wrong=None, said="", seconds=0)
        began = time.monotonic()
        self._verifying = asyncio.create_task(self._verified())
        while not (await asyncio.wait([self._verifying], timeout=1))[0]:
            self._say(seconds=round(time.monotonic() - began))
        try:
            await self._verifying
        except asyncio.CancelledError:
            self._say(said="Cancelled.")
        except TensorRagError as error:
            self._say(wrong=(error.message, error.hint))
        self._verifying = None
        self._say(verifying=False)

    async def _verified(self) -> None:
        await self._write()
        try:
            await self._sessions.leavings.verify(self._session, self._leaving)
        finally:  # on a full disk the verdict is there, too
            await self._write()

    def _say(self, **what: object) -> None:
        self._shown = replace(self._shown, **what)  # type: ignore[arg-type]  # fields by name
        self._code.show(code(self._shown))
        self._beside.show(beside(self._shown))


def code(shown: Shown) -> Node:
    """Draw the script, or say which cards keep it from being written."""
    if shown.text:
        return pre(".readonly.py", data_testid="python", tabindex="0", aria_label="The script")[
            coloured(shown.text)
        ]
    return div(".sec", data_testid="python-refused", role="alert")[
        h2(".row.w5")[span(".c-error")[icon("failed", ".s")], "This cannot leave as Python yet"],
        [p[refusal.message, " ", span(".cap")[refusal.hint]] for refusal in shown.refusals],
    ]


def beside(shown: Shown) -> Node:
    """Draw what is known of it, and what can be done with it."""
    return [
        div(".sec", role="status", data_testid="python-verdict")[
            h2(".row.w5")[_verdict(shown)],
            shown.verdict and p(".cap")[shown.verdict.badge],
            shown.wrong and div(".msg.error", role="alert")[" ".join(shown.wrong)],
        ],
        shown.text and _ways(shown),
        shown.notes and div(".sec")[h2(".w5")["To know"], [p(".cap")[n] for n in shown.notes]],
        div(".sec.wide")[
            p(".cap")[
                "Plain pandas, scikit-learn and torch: it runs without TensorRag. Verify runs it "
                "in a process of its own, and holds its figures against those of the last run."
            ]
        ],
    ]


def _verdict(shown: Shown) -> Node:
    if shown.verifying:
        said = "Running it without TensorRag …" + (f" {shown.seconds} s" if shown.seconds else "")
        return [span(".spin.c-run")[icon("running", ".s")], said]
    if shown.verdict is None:
        return "Not verified"
    if shown.verdict.verified:
        return [span(".c-done")[icon("check", ".s")], f"Verified {shown.verdict.day}"]
    return [span(".c-error")[icon("failed", ".s")], f"Not verified {shown.verdict.day}"]


def _ways(shown: Shown) -> Node:
    at = f"/api/pipelines/{shown.pipeline}/python?form="
    forms = (("py", "Script"), ("ipynb", "Notebook"), ("zip", "ZIP with data"))
    name, word = ("cancel", "Cancel") if shown.verifying else ("verify", "Verify")
    return div(".sec.ways")[
        button(".btn.p", type="button", data_act=name, data_testid=f"{name}-python")[word],
        button(".btn.o", type="button", data_act="copy", data_testid="copy-python")["Copy"],
        [
            a(".btn.o", href=f"{at}{form}", download=True, data_testid=f"python-{form}")[
                icon("export", ".s"), word
            ]
            for form, word in forms
        ],
        span(".cap", role="status")[shown.said],
    ]  # fmt: skip
