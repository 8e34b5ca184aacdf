"""The part of the settings about what is told when a long run has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from web.live.runs.notifying import Delivery
from web.page.icons import icon
from web.page.markup import Element, Node, button, div, input_, label, p, span
from web.page.wording import when
from web.page.workspace.part import part, wrong

SAY = (
    "A message goes to this address, a webhook, when a long run has finished or failed: which run "
    "and pipeline, how it ended and how long it took, as JSON. The browser says it too, once you "
    "have allowed that beside a run."
)


@dataclass(frozen=True)
class Notifying:
    """What the part shows."""

    webhook: str = ""
    after: float = 60.0
    last: Delivery | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


def notifying_part(shown: Notifying) -> Element:
    """Draw the part."""
    return part("notifying", "When a run has ended", SAY)[
        div(".field.line" + (".bad" if "webhook" in shown.wrong else ""), data_field="webhook")[
            div(".inp")[
                input_(
                    type="text", id="webhook", value=shown.typed.get("webhook", shown.webhook),
                    placeholder="https://example.com/hook", aria_label="Address of the webhook",
                    data_sets="webhook", data_blurs=True, autocomplete="off", spellcheck="false",
                    maxlength="2000", inputmode="url",
                    aria_invalid="true" if "webhook" in shown.wrong else None,
                )
            ],
            button(".btn.o", type="button", data_act="test_webhook", disabled=not shown.webhook)[
                "Send a test"
            ],
        ],
        wrong(shown.wrong.get("webhook")) or _last(shown.last),
        div(".field.line" + (".bad" if "notify_after" in shown.wrong else ""),
            data_field="notify_after")[
            label(".s12", for_="notify_after")["Of runs that took at least"],
            div(".inp.short")[
                input_(
                    type="text", inputmode="decimal", id="notify_after",
                    value=shown.typed.get("notify_after", f"{shown.after:g}"), placeholder="60",
                    data_sets="notify_after", data_blurs=True, autocomplete="off",
                    aria_invalid="true" if "notify_after" in shown.wrong else None,
                ),
                span(".u.s12")["s"],
            ],
        ],
        wrong(shown.wrong.get("notify_after")),
    ]  # fmt: skip


def _last(last: Delivery | None) -> Node:
    """Say what became of the last message."""
    if last is None:
        return None
    moment = when(datetime.fromtimestamp(last.at, UTC))
    if last.trouble:
        said = f"The last message, {moment}, did not arrive: {last.trouble}."
        return div(".msg.stale", role="status")[
            span(".c-stale")[icon("warning", ".s")], div(".sp")[said]
        ]
    return p(".cap", role="status")[f"The last message arrived, {moment}."]
