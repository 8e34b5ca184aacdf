"""A catalog of a few cards, written by hand, for tests of editing."""

from typing import Any

from tensorrag.catalog import CardInfo, Catalog, PortInfo, TypeInfo

TABLE = ("Table",)


def out(name: str, type: str = "Table") -> PortInfo:
    return PortInfo(name=name, type=type)


def into(name: str, type: str = "Table", **flags: Any) -> PortInfo:
    return PortInfo(name=name, type=type, accepts=(type,), **flags)


def card(name: str, inputs: list[PortInfo], outputs: list[PortInfo], *params: str) -> CardInfo:
    return CardInfo(
        card=name,
        title=name.replace("_", " ").title(),
        category="Data",
        summary="Does something.",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        params={"type": "object", "properties": {name: {"type": "string"} for name in params}},
        version=2 if name == "train" else 1,
    )


CARDS = [
    card("data_load", [], [out("dataset")], "source", "sample_name"),
    card("data_split", [into("dataset")], [out("train_dataset"), out("test_dataset")], "seed"),
    card("model_define", [], [out("model_spec", "Spec")], "alpha", "model_type"),
    card(
        "train",
        [into("train_dataset"), into("model_spec", "Spec")],
        [out("trained_model", "Model")],
        "target_column",
        "seed",
    ),
    card("evaluate", [into("test_dataset"), into("trained_model", "Model")], [out("metrics", "M")]),
    card("join", [into("tables", many=True)], [out("dataset")]),
]

CATALOG = Catalog(
    cards={info.card: info for info in CARDS},
    types={
        name: TypeInfo(name=name, label=name, shape="square", light="#000000", dark="#ffffff")
        for name in ("Table", "Spec", "Model", "M")
    },
)
