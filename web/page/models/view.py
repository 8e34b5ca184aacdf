"""The list of trained models: how good each is, what it learnt from, and what can be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tensorrag.plain import JsonObject
from tensorrag.types.metrics import METRICS
from web.page.bar_buttons import finder_button, settings_link, theme_button
from web.page.icons import MARK, icon
from web.page.lists import deleted_note, list_head, row_action, row_menu, scored, search_field
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    div,
    h1,
    h2,
    header,
    input_,
    span,
    table,
    tbody,
    td,
    tr,
)
from web.page.wording import number, plural, rounded, size, when

ADDRESS = "/models"
MOST = 100
"""Models that are drawn."""
TASKS = {"regression": "Regression", "binary": "Two classes", "multiclass": "Several classes"}


@dataclass(frozen=True)
class Models:
    """What the page shows of the list."""

    models: Sequence[JsonObject]
    """As ``GET /api/models`` has them."""
    query: str = ""
    renaming: str = ""
    """The model whose name is a field now."""
    compared: Collection[str] = ()
    chosen: str = ""
    """The one that is looked at."""
    deleted: JsonObject | None = None
    """The one whose deletion can be taken back."""
    note: str = ""


def address(model: str) -> str:
    """Return where a model is looked at."""
    return f"{ADDRESS}?model={model}"


def main_metric(model: JsonObject) -> str | None:
    """Return the metric that a model is known by; None where it was not measured."""
    measured = model["metrics"]
    main = "r2" if model["task"] == "regression" else "accuracy"
    return main if main in measured else next((name for name in METRICS if name in measured), None)


def found(shown: Models) -> list[JsonObject]:
    """Return the models in which all words of the search occur."""
    wanted = shown.query.lower().split()
    return [
        model
        for model in shown.models
        if all(word in f"{model['name']} {model['pipeline_name']}".lower() for word in wanted)
    ]


def bar() -> Node:
    """Draw the bar of the page."""
    return [
        a(".home", href="/", title="All pipelines")[MARK, span(".crumb")["Pipelines"]],
        span(".slash", aria_hidden="true")["/"],
        h1(style="font-weight:600")["Models"],
        span(".sp"),
        finder_button(),
        settings_link(),
        theme_button(),
    ]


def page_header() -> Element:
    """Draw the bar in its element."""
    return header(".top")[bar()]


def models_list(shown: Models) -> Node:
    """Draw the list with its search."""
    rows = found(shown)
    return [
        div(".wide-row", data_key="models-head")[
            h2["Trained models", span(".u", style="font-weight:400")[f"{len(shown.models):,}"]],
            search_field("Search models", shown.query, "search-models") if shown.models else None,
        ],
        div(".own", data_testid="models", data_key="models")[
            _table(rows[:MOST], shown) if rows else _nothing(shown),
            len(rows) > MOST
            and div(".blank")[f"{MOST} of {len(rows):,} are shown: search for the others."],
        ],
    ]


def _table(rows: Sequence[JsonObject], shown: Models) -> Element:
    return table[
        list_head(
            "Model",
            "Predicts",
            "Learnt from",
            "Trained",
            "Its file",
            "On new rows, and the baseline",
        ),
        tbody[[_row(model, shown) for model in rows]],
    ]


def _row(model: JsonObject, shown: Models) -> Element:
    return tr(data_model=model["id"], data_state=model["state"], data_key=f"m-{model['id']}")[
        td(".c-who")[_choice(model, shown), div(".who")[div[_name(model, shown)]]],
        td(".c-last")[
            div(".cut", title=model["target"])[b[model["target"] or "–"]],
            div(".m2.s12")[TASKS.get(model["task"] or "", "")],
        ],
        td(".c-where.m2")[_data(model)],
        td(".num.c-time.m2")[when(moment(model))],
        td(".num.c-cost")[size(model["size"]) if model["size"] else "–"],
        td(".c-result")[_score(model)],
        td(".c-more")[_menu(model)],
    ]


def moment(model: JsonObject) -> datetime:
    """Return when it was trained."""
    return datetime.fromisoformat(model["made"].replace("Z", "+00:00"))


def _choice(model: JsonObject, shown: Models) -> Element:
    return input_(
        ".over.choice", type="checkbox", checked=model["id"] in shown.compared,
        data_sets="choose_model", data_model=model["id"], title="Compare it",
        aria_label=f"Compare {model['name']} v{model['version']}",
    )  # fmt: skip


def _name(model: JsonObject, shown: Models) -> Node:
    if shown.renaming == model["id"]:
        named: Element = input_(
            ".name.over", type="text", id=f"name-{model['id']}", value=model["name"],
            maxlength="120", aria_label=f"New name of {model['name']}", data_sets="rename",
            data_leaves="rename", data_model=model["id"], data_blurs=True, autocomplete="off",
            spellcheck="false",
        )  # fmt: skip
    else:
        current = "true" if model["id"] == shown.chosen else None
        named = a(".open", href=address(model["id"]), aria_current=current)[model["name"]]
    said = [f"v{model['version']}", model["pinned"] and "pinned"]
    broken = (
        model["state"] != "ready"
        and span(".c-error", title=model["reason"])["its file is " + model["state"]]
    )
    return [named, div(".m2.s12")[" · ".join(filter(None, said)), broken and " · ", broken]]


def _data(model: JsonObject) -> Node:
    data = model["data"]
    rows = data["rows"]
    return [
        div(".cut", title=data["source"])[data["source"] or "a table"],
        div(".s12")[
            plural(rows, "row") if rows is not None else "",
            data["synthetic"] and " · synthetic",
        ],
    ]


def _score(model: JsonObject) -> Node:
    metric = main_metric(model)
    if metric is None:
        return scored("Not measured", "", 0.0)
    value, dummy = model["metrics"][metric], model["baseline"].get(metric)
    drawn = scored(
        f"{METRICS[metric].label} {number(value)}",
        rounded(dummy, 2) if dummy is not None else "",
        value or 0.0,
        at=dummy,
        metric=metric,
        value=value,
    )
    by = measured_by(model)
    return [drawn, by and by != "Evaluate" and div(".m2.s12", style="margin-top:3px")[f"in {by}"]]


def measured_by(model: JsonObject) -> str:
    """Name the card that measured a model; empty where that is not known."""
    card = str((model["measured_by"] or {}).get("card") or "")
    if (model["measured_by"] or {}).get("folds"):
        return "cross-validation"
    return card.rpartition("/")[2].replace("_", " ").title()


def _menu(model: JsonObject) -> Node:
    name, of = model["name"], {"data_model": model["id"]}
    pin = ("unpin", "reset", "Unpin") if model["pinned"] else ("pin", "check", "Pin")
    pipeline = model["pipeline"]
    return row_menu(model["id"], name, f"{name} v{model['version']}", [
        row_action(of, "rename_here", "pen", "Rename", first=True),
        row_action(of, *pin),
        pipeline and a(".mi", role="menuitem", href=f"/edit/{pipeline}", tabindex="-1")[
            icon("tab", ".s"), "Open its pipeline"
        ],
        model["state"] == "ready" and a(
            ".mi", role="menuitem", href=f"/api/models/{model['id']}/export", download=True,
            tabindex="-1",
        )[icon("export", ".s"), "Export as ZIP"],
        row_action(of, "delete", "trash", "Delete"),
    ])  # fmt: skip


def _nothing(shown: Models) -> Element:
    if shown.models:
        return div(".blank")[f"None is called “{shown.query}”."]
    return div(".blank", data_testid="no-models")[
        "No model was trained here yet. Every model that a run makes is listed, with how good it "
        "is on rows that it has not seen."
    ]


def deleted_model(model: JsonObject | None) -> Node:
    """Offer to take the last deletion back."""
    name = None if model is None else f"{model['name']} v{model['version']}"
    return deleted_note(name, "Put it back into the list")
