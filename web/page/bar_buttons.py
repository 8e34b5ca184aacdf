"""What stands in the top bars of several pages: to find, open, export, set and turn dark."""

from __future__ import annotations

from web.page.icons import icon
from web.page.markup import Element, Node, a, button, input_, span


def finder_button() -> Element:
    """Open the command palette; the browser does it."""
    title = "Find an action, a card, a setting or a pipeline"
    return button(
        ".btn.i.wide", type="button", data_command="palette", data_testid="find",
        title=f"{title} (Ctrl+K)", aria_label=title,
    )[icon("search")]  # fmt: skip


def python_link(pipeline: str) -> Element:
    """Lead to the pipeline as plain Python."""
    title = "Export as Python…"
    return a(
        ".btn.i.wide", href=f"/edit/{pipeline}/python", data_testid="export-python", title=title,
        aria_label=title,
    )[icon("code")]  # fmt: skip


def import_button(look: str, title: str, word: str | None) -> Node:
    """Offer to open a pipeline's file; the file chooser itself is not seen."""
    return [
        input_(
            ".vh", type="file", id="import-file", accept=".json,application/json",
            data_file="import", data_testid="import-input", aria_label="Pipeline file",
            tabindex="-1",
        ),
        button(
            f".btn{look}", type="button", data_opens="import-file", data_testid="import",
            title=title, aria_label=word or title,
        )[icon("import", ".s" if word else ""), word and span(".word")[word]],
    ]  # fmt: skip


def export_button() -> Element:
    """Offer the pipeline as a file."""
    title = "Export the pipeline as a file"
    return button(
        ".btn.i", type="button", data_act="export", data_testid="export", title=title,
        aria_label=title,
    )[icon("export")]  # fmt: skip


def models_link() -> Element:
    """Lead to the models that were trained here."""
    return a(".btn", href="/models", data_testid="models-link")["Models"]


def settings_link() -> Element:
    """Lead to the settings of the workspace."""
    return a(".btn.i", href="/settings", title="Settings", aria_label="Settings",
             data_testid="settings")[icon("sliders")]  # fmt: skip


def theme_button() -> Element:
    """Switch between light and dark; the browser does it and remembers it."""
    title = "Light or dark"
    return button(".btn.i", type="button", data_testid="theme", title=title, aria_label=title)[
        icon("theme")
    ]
