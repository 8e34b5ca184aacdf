"""One trained model: what is known of it, and how to ask it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorrag.plain import JsonObject
from tensorrag.types.metrics import METRICS
from web.page.icons import icon
from web.page.markup import (
    Element,
    Node,
    a,
    b,
    button,
    div,
    form,
    h2,
    input_,
    label,
    p,
    pre,
    section,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)
from web.page.models.view import ADDRESS, TASKS, measured_by, moment
from web.page.numerals import number_of
from web.page.wording import alike, dollars, number, percent, plural, seconds, when

FIELDS = 60
"""Features of a model that is asked by a form; a wider one is asked by a program."""


@dataclass(frozen=True)
class Chosen:
    """The model that is looked at."""

    model: JsonObject
    """As ``GET /api/models/{id}`` has it, with an example."""
    url: str
    """Where this server is."""
    asking: bool = False
    """Whether an answer is on its way."""
    answer: JsonObject | None = None
    wrong: str = ""


def model_box(chosen: Chosen) -> Element:
    """Draw the box."""
    model = chosen.model
    name = f"{model['name']} v{model['version']}"
    return section(".box.mbox", data_testid="model", data_key="model", aria_label=name)[
        div(".mhead")[
            h2[model["name"], span(".u", style="font-weight:400")[f"v{model['version']}"]],
            span(".sp"),
            model["state"] == "ready"
            and a(
                ".btn.o.sml",
                href=f"/api/models/{model['id']}/export",
                download=True,
                data_testid="export-model",
                title="With a script that predicts without TensorRag; opening a pickle runs code",
            )[icon("export", ".s"), "Export"],
            a(".btn.i", href=ADDRESS, title="Close", aria_label="Close")[icon("close")],
        ],
        _broken(model),
        div(".mparts")[div[_facts(model), _metrics(model)], div[_ask(chosen)]],
    ]


def row_of(model: JsonObject, data: Mapping[str, Any]) -> JsonObject:
    """Read the form: the row that was typed."""
    return {
        each["name"]: _value(str(data.get(f"f{at}", ""))[:1000].strip(), each["kind"])
        for at, each in enumerate(model["asks"])
    }


def _value(text: str, kind: str | None) -> Any:
    """Read a value as its kind says; what cannot be stays text, which the model refuses."""
    if not text:
        return None
    if kind in ("binary", "category", "text", "date"):
        return text
    value = number_of(text)
    return text if value is None else value


def curl(chosen: Chosen) -> str:
    """Write the command that asks the model about its example."""
    body = json.dumps({"rows": [chosen.model["example"]]}, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    address = f"{chosen.url.rstrip('/')}/api/models/{chosen.model['id']}/predict"
    return f"curl {address} \\\n  -H 'Content-Type: application/json' \\\n  -d '{quoted}'"


def _broken(model: JsonObject) -> Node:
    if model["state"] == "ready":
        return None
    return div(".msg.error", role="alert")[
        span(".c-error")[icon("failed", ".s")], div(".sp")[model["reason"]]
    ]


def _facts(model: JsonObject) -> Element:
    data, rows = model["data"], model["data"]["rows"]
    took = seconds(model["seconds"])
    learnt = " · ".join(
        filter(
            None,
            [
                data["source"],
                plural(rows, "row") if rows is not None else None,
                "synthetic" if data["synthetic"] else None,
            ],
        )
    )
    facts = {
        "Predicts": f"{model['target'] or '–'} ({TASKS.get(model['task'] or '', '–').lower()})",
        "From": _from(model),
        "Learnt from": learnt or "–",
        "Trained": " · ".join(
            filter(
                None,
                [
                    when(moment(model)),
                    took and f"its card ran {took}",
                    model["device"],
                    model.get("cost") and dollars(model["cost"]),
                ],
            )
        ),
        "Numbers fitted": number(model["parameters"]),
    }
    pipeline = model["pipeline"]
    where = a(".link", href=f"/edit/{pipeline}")[model["pipeline_name"]] if pipeline else None
    return table(".ct.facts")[
        tbody[
            [tr[th(scope="row")[word], td[said]] for word, said in facts.items()],
            where and tr[th(scope="row")["Pipeline"], td[where]],
            tr[th(scope="row")["Id"], td(".mono")[model["id"]]],
        ]
    ]


def _from(model: JsonObject) -> str:
    """Say from what it predicts, and how that is made of what it is asked about."""
    said = plural(len(model["features"]), "feature")
    if model.get("made_by"):
        asks = {column["name"] for column in model["asks"]}
        columns = plural(len(asks), "column")
        of = "prepared" if asks == set(model["features"]) else f"made of {columns}"
        said += f", {of} by {', '.join(model['made_by'])}"
    if model.get("begins"):
        said += f"; rows are asked for as they come out of {model['begins']}"
    return said


def _metrics(model: JsonObject) -> Node:
    measured = [name for name in METRICS if model["metrics"].get(name) is not None]
    if not measured:
        return p(".cap")["No card measured it on new rows: wire it to Evaluate or Compare Models."]
    return [
        table(".ct")[
            thead[
                tr[
                    th(scope="col")["On new rows"],
                    th(".num", scope="col")["Model"],
                    th(".num", scope="col")["Baseline"],
                ]
            ],
            tbody[
                [
                    tr[
                        td[METRICS[name].label],
                        td(".num", data_metric=name, data_value=repr(model["metrics"][name]))[
                            number(model["metrics"][name])
                        ],
                        td(".num.m2")[alike(model["baseline"].get(name), model["metrics"][name])],
                    ]
                    for name in measured
                ]
            ],
        ],
        p(".cap")[_where(model)],
    ]


def _where(model: JsonObject) -> str:
    """Say on how many rows it was measured, and by which card."""
    by = measured_by(model)
    rows = plural(model["measured_rows"] or 0, "row")
    if by == "cross-validation":
        return (
            f"Measured by cross-validation: models like it, each on some of {rows} it had not seen."
        )
    return f"Measured on {rows} by {by}." if by else f"Measured on {rows}."


def _ask(chosen: Chosen) -> Node:
    if chosen.model["state"] != "ready":
        return None
    return [
        len(chosen.model["asks"]) <= FIELDS and _form(chosen),
        div(".h3")["From a program"],
        pre(".command.mono", data_testid="curl")[curl(chosen)],
        p(".cap")[
            "Up to 10,000 rows at once. ",
            a(".link", href=f"/api/models/{chosen.model['id']}/openapi.json", target="_blank")[
                "Described as OpenAPI"
            ],
            ". Where this editor asks for its token, send it as ",
            span(".mono")["Authorization: Bearer …"],
            ".",
        ],
    ]


def _form(chosen: Chosen) -> Element:
    model = chosen.model
    fields = [_field(at, each["name"], each, chosen) for at, each in enumerate(model["asks"])]
    return form(".mform", data_sends="ask", data_testid="ask", autocomplete="off")[
        div(".h3")["Ask it about one row"],
        div(".mfields")[fields],
        div(".row")[button(".btn.p", type="submit")["Predict"], _answer(chosen)],
    ]


def _field(at: int, name: str, column: JsonObject, chosen: Chosen) -> Element:
    example = chosen.model["example"].get(name)
    shown = "" if example is None else str(example).lower() if example in (True, False) else example
    if isinstance(example, int | float) and not isinstance(example, bool):
        shown = f"{example:.12g}"
    unit = column.get("unit")
    return div[
        label(".s12", for_=f"f{at}")[name, unit and span(".m3")[f" {unit}"]],
        div(".inp")[
            input_(
                type="text", id=f"f{at}", name=f"f{at}", value=str(shown), data_local=True,
                maxlength="1000", spellcheck="false", autocomplete="off",
            )
        ],
    ]  # fmt: skip


def _answer(chosen: Chosen) -> Node:
    if chosen.asking:
        return span(".m2.s12", role="status", data_testid="asking")["Predicting …"]
    if chosen.wrong:
        return span(".c-error.s12", role="alert", data_testid="wrong")[chosen.wrong]
    if chosen.answer is None:
        return None
    [said] = chosen.answer["predictions"]
    shares = (chosen.answer["probabilities"] or [{}])[0]
    likely = " · ".join(f"{name} {percent(share)}" for name, share in shares.items())
    word = number(said) if isinstance(said, int | float) else str(said)
    odd = [each.removeprefix("Row 1, ") for each in chosen.answer.get("warnings") or ()]
    return [
        span(role="status", data_testid="answer", data_value=json.dumps(said))[
            f"{chosen.model['target']} ", b[word], likely and span(".m2.s12")[f"  {likely}"]
        ],
        [p(".cap.c-stale", data_testid="warning")[each] for each in odd],
    ]
