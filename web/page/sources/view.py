"""How the page of a source looks: its bar, what is wrong with it, and what would come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from tensorrag.catalog import CardInfo, PortInfo, TypeInfo
from tensorrag.registry.draft import Draft, Fault
from web.live.cards.files import card_file
from web.live.cards.sources import NEW
from web.live.cards.unsaved import Unsaved
from web.page.bar_buttons import finder_button, theme_button
from web.page.form.content import Form
from web.page.form.fields import field_specs
from web.page.form.form import form
from web.page.icons import MARK, glyph, icon
from web.page.markup import Element, Node, a, b, button, div, h1, h2, h3, p, span
from web.page.wording import plural

SHEET = "source.css"


@dataclass(frozen=True)
class Writing:
    """What is shown beside the text."""

    file: str
    there: bool = False
    """Whether there is such a file."""
    back: tuple[str, str] | None = None
    """Id and name of the pipeline that somebody came from."""
    status: str = ""
    """In the bar: whether it is saved."""
    unsaved: bool = False
    """Whether the text is not what the file says."""
    wrong: tuple[str, str] | None = None
    """Why something could not be done, and what to do."""
    theirs: bool = False
    """Whether another program or tab wrote the file meanwhile."""
    beside: Unsaved | None = None
    """What another tab has typed and not saved."""
    checking: bool = False
    draft: Draft = field(default_factory=Draft)
    lost: Sequence[tuple[str, int]] = ()
    """Cards that would be gone once it is saved, and how often they are used."""
    types: Mapping[str, TypeInfo] = field(default_factory=dict)

    @property
    def better(self) -> str:
        """What the file could be called: after its one card. Empty where it is, or is not saved."""
        made = self.draft.cards
        settled = self.there and not self.unsaved and not self.checking and not self.draft.faults
        name = card_file(made[0].card) if settled and len(made) == 1 else self.file
        return "" if name == self.file else name


def address(card: str, pipeline: str = "") -> str:
    """Return where the source of a card is written; ``pipeline`` is where its page leads back."""
    name = f"{card}.py" if card == NEW else card
    return f"/cards/{quote(name, safe='')}" + (f"?pipeline={pipeline}" if pipeline else "")


def card_at(name: str) -> str:
    """Return the card, or the file, whose `address` ends like this."""
    return NEW if name == f"{NEW}.py" else name


def new_address(pipeline: str = "") -> str:
    """Return where a new card is written."""
    return f"/cards/{NEW}" + (f"?pipeline={pipeline}" if pipeline else "")


def bar(shown: Writing) -> Node:
    """Draw the bar: where this is, whether it is saved, and Save."""
    return [
        way_here(shown.back),
        h1(style="font-weight:600")["New card" if shown.file == NEW else shown.file],
        span(".saved", role="status", data_testid="source-status")[shown.status],
        shown.unsaved and _revert(shown),
        span(".sp"),
        finder_button(),
        theme_button(),
        shown.there and _delete(shown.file),
        span(".vr"),
        button(
            ".btn.p", type="button", data_act="save", data_keys="mod+s", data_testid="save-source",
            title="Save (Ctrl+S)",
        )["Save"],
    ]  # fmt: skip


def way_here(back: tuple[str, str] | None) -> Node:
    """Lead back to where somebody came from."""
    slash = span(".slash", aria_hidden="true")["/"]
    return [
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        slash,
        back and [a(".home.cut", href=f"/edit/{back[0]}", data_testid="back")[b[back[1]]], slash],
    ]


def _revert(shown: Writing) -> Element:
    title = "Go back to what is saved; Ctrl+Z in the text brings yours back"
    word = "Start over" if shown.file == NEW else "Revert"
    return button(
        ".link.s12", type="button", data_act="revert", data_testid="revert-source", title=title
    )[word]  # fmt: skip


def _delete(file: str) -> Element:
    title = f"Delete {file}; its text stays here until you leave"
    return button(
        ".btn.i", type="button", data_act="delete", data_testid="delete-source", title=title,
        aria_label=f"Delete {file}",
    )[icon("trash")]  # fmt: skip


def beside(shown: Writing) -> Node:
    """Draw what is wrong, and what would come of it."""
    return [
        div(".sec", role="status", data_testid="source-verdict")[
            h2(".row.w5")[_verdict(shown)], [_fault(fault) for fault in shown.draft.faults]
        ],
        div(".sec")[
            _wrong(shown),
            _theirs(shown),
            _beside(shown),
            [_lost(*each) for each in shown.lost],
            _rename(shown),
        ],
        [_card(info, shown.types) for info in shown.draft.cards],
        div(".sec.wide")[p(".cap")["In the text, Tab indents; Esc, then Tab, leaves it."]],
    ]


def _verdict(shown: Writing) -> Node:
    if shown.checking:
        return [span(".spin.c-run")[icon("running", ".s")], "Trying it out …"]
    if shown.draft.faults:
        return [span(".c-error")[icon("failed", ".s")], plural(len(shown.draft.faults), "problem")]
    if shown.draft.cards:
        return [span(".c-done")[icon("done", ".s")], "Nothing is wrong with it"]
    return None


def _fault(fault: Fault) -> Element:
    said = [span(".w5")[fault.message], fault.hint and div(".m2")[fault.hint]]
    if fault.line is None:
        return div(".fault", data_testid="fault")[said]
    return button(
        ".fault", type="button", data_act="go", data_line=fault.line, data_column=fault.column,
        data_testid="fault",
    )[b[f"Line {fault.line}"], " ", said]  # fmt: skip


def _wrong(shown: Writing) -> Node:
    if shown.wrong is None:
        return None
    message, hint = shown.wrong
    return div(".msg.error", role="alert", data_testid="not-saved")[
        span(".c-error")[icon("failed", ".s")],
        div(".sp")[span(".w5")[message], hint and div(".m2")[hint]],
    ]


def _theirs(shown: Writing) -> Node:
    if not shown.theirs:
        return None
    take = button(".btn.o.sml", type="button", data_act="take_theirs", data_testid="take-source")
    keep = button(".btn.o.sml", type="button", data_act="keep_mine", data_testid="keep-source")
    return div(".fault.stale", data_testid="theirs")[
        span(".w5")[f"{shown.file} was changed meanwhile, by another program or tab."],
        div(".m2")["Your text is kept until you choose."],
        div(".row")[take["Take theirs"], keep["Keep mine"]],
    ]


def _beside(shown: Writing) -> Node:
    if shown.beside is None:
        return None
    take = button(".btn.o.sml", type="button", data_act="take_beside", data_testid="take-beside")
    what = "A new card" if shown.file == NEW else shown.file
    return div(".fault.stale", data_testid="beside")[
        span(".w5")[f"{what} is being written in another tab, too."],
        div(".m2")["Both drafts are kept. Save yours, or go on with theirs."],
        div(".row")[take["Take theirs"]],
    ]


def _lost(card: str, uses: int) -> Element:
    one, more = "card that uses it keeps its", "cards that use it keep their"
    used = f" {plural(uses, one, more)} settings, as a placeholder." if uses else ""
    return div(".fault.stale")[
        span(".w5")[f"{card} will be gone once this is saved.{used}"],
        div(".m2")["A card's id comes from the name of its class; id = “…” in the class sets it."],
    ]


def _rename(shown: Writing) -> Node:
    if not shown.better:
        return None
    rename = button(".btn.o.sml", type="button", data_act="rename", data_testid="rename-source")
    return div(".fault.offer", data_testid="better-name")[
        span(".w5")[f"This is the card {shown.draft.cards[0].card}."],
        div(".m2")["What its file is called changes nothing where it is used."],
        div(".row")[rename[f"Rename the file to {shown.better}"]],
    ]


def _card(info: CardInfo, types: Mapping[str, TypeInfo]) -> Element:
    """Draw a card as it would look."""
    kind = types.get(info.outputs[0].type) if info.outputs else None
    return div(data_testid="would-be")[
        div(".sec.wide")[
            h3[glyph(kind), info.title, span(".u")[f"{info.category} · {info.card}"]],
            div(".cap")[info.summary],
            div(".row.s12", style="margin-top:8px;flex-wrap:wrap")[
                _ends("in", info.inputs, types), _ends("out", info.outputs, types)
            ],
        ],
        div(".wouldbe", inert=True)[
            form(Form(node="", specs=field_specs(info.params), params={})),
        ],
    ]


def _ends(side: str, ports: Sequence[PortInfo], types: Mapping[str, TypeInfo]) -> Node:
    return [
        span(".m3")[side if ports else f"nothing {side}"],
        [span(".row")[glyph(types.get(port.type)), port.name] for port in ports],
    ]
