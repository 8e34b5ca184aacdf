"""The parts of the settings about what pipelines may read: folders and hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from web.page.icons import icon
from web.page.markup import Element, Node, button, div, form, input_, li, p, span, ul
from web.page.workspace.part import part, wrong


@dataclass(frozen=True)
class Allowed:
    """What of it is set."""

    folders: Sequence[str]
    hosts: Sequence[str]
    usual: bool
    """Whether nobody has chosen folders: those of this machine are used."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """By setting, why what was asked for cannot be."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """By setting, what was refused."""
    changes: int = 0
    """Counts what was done: a form that was taken begins anew."""


def folders_part(shown: Allowed) -> Element:
    """Draw which folders are allowed."""
    say = (
        "A pipeline may read files in these folders, in the workspace, and what was uploaded. "
        "Hidden files, such as keys, are left out everywhere."
    )
    usual = (
        p(".cap")["These are the usual ones of this machine."]
        if shown.usual
        else button(".link.t11", type="button", data_act="usual_folders")["Back to the usual ones"]
    )
    named = _Listed("folders", "folder", "/home/me/data", "Full path of a folder")
    empty = "None: pipelines read uploads alone."
    return part("folders", "Folders that may be read", say)[
        _allowed(shown, named, shown.folders, empty), usual
    ]


def hosts_part(shown: Allowed) -> Element:
    """Draw which hosts are allowed."""
    say = (
        "Pipelines read https addresses of the internet at large, and buckets of Amazon, Google "
        "and RunPod. Name here what else they may read: hosts in your own network, and "
        "other stores that speak S3."
    )
    named = _Listed("hosts", "host", "files.example.org", "Name of a host")
    empty = "None: nothing in your own network is read."
    return part("hosts", "Hosts that may be read from", say)[
        _allowed(shown, named, shown.hosts, empty)
    ]


@dataclass(frozen=True)
class _Listed:
    """How a list of what is allowed is called, and what its form says."""

    part: str
    one: str
    example: str
    asks: str


def _allowed(shown: Allowed, named: _Listed, entries: Sequence[str], empty: str) -> Node:
    """Draw what is allowed, a way to take each back, and one to allow another."""
    one = named.one
    return [
        ul(".rows")[[_entry(one, entry) for entry in entries]] if entries else div(".none")[empty],
        form(".line", data_sends=f"add_{one}", data_key=f"{one}-{shown.changes}")[
            div(".inp")[
                input_(
                    type="text", name=one, id=one, value=shown.typed.get(named.part, ""),
                    placeholder=named.example, aria_label=named.asks,
                    autocomplete="off", spellcheck="false", maxlength="4000",
                )
            ],
            button(".btn.o", type="submit")["Allow"],
        ],
        wrong(shown.wrong.get(named.part)),
    ]  # fmt: skip


def _entry(one: str, entry: str) -> Element:
    says = f"No longer allow {entry}"
    return li(data_key=f"{one}-{entry}")[
        span(".mono.cut", title=entry)[entry],
        span(".sp"),
        button(
            ".x", type="button", data_act=f"remove_{one}", data_entry=entry,
            title=says, aria_label=says,
        )[icon("close", ".s")],
    ]  # fmt: skip
