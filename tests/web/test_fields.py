from typing import Any, Literal

import pytest

from cards.hyperparameter_search import HyperparameterSearch
from tensorrag import Card, Column, Field, ParameterError, TableSchema
from tensorrag.registry.finding import Registry
from tensorrag.registry.loading import make_card
from web.page.form.fields import FieldSpec, bounds, choice_words, defaults, field_specs
from web.page.form.number_list import edit_list


class Sample(Card):
    """A card with one field of every kind."""

    model: Literal["ridge", "deep_network"] = "ridge"
    """Which model."""
    alpha: float = Field(1.0, gt=0, recommended=(0.001, 10.0), when={"model": "ridge"})
    """How strong."""
    layers: list[int] = Field([128, 64])
    epochs: int = Field(50, ge=1, le=1000, unit="rounds")
    target: Column = Field("", columns_of="table")
    features: list[Column] = Field([], columns_of="table")
    by: Column | None = Field(None, columns_of="table")
    shuffle: bool = True
    upload: str = ""
    note: str = Field("", label="What it is for")
    seed: int = Field(42, ge=0, le=2**32 - 1)

    def propagate(self, table: TableSchema) -> TableSchema:
        return table


SPECS = {spec.name: spec for spec in field_specs(Sample.model_json_schema())}


def test_each_parameter_gets_the_control_that_suits_it() -> None:
    assert {name: spec.kind for name, spec in SPECS.items()} == {
        "model": "choice",
        "alpha": "number",
        "layers": "numbers",
        "epochs": "integer",
        "target": "column",
        "features": "columns",
        "by": "column",
        "shuffle": "switch",
        "upload": "upload",
        "note": "text",
        "seed": "integer",
    }


def test_labels_help_bounds_and_units_come_from_the_card() -> None:
    assert SPECS["note"].label == "What it is for"
    assert SPECS["alpha"].help == "How strong."
    assert (SPECS["epochs"].low, SPECS["epochs"].high, SPECS["epochs"].unit) == (1, 1000, "rounds")
    assert bounds(SPECS["epochs"]) == "1 to 1,000"
    assert bounds(SPECS["alpha"]) == "above 0, usually 0.001 to 10"
    assert bounds(SPECS["seed"]) == ""
    assert defaults(SPECS.values())["layers"] == [128, 64]


def test_what_is_wrong_with_a_parameter_is_said_by_the_name_that_its_form_shows() -> None:
    for found in Registry.load().found.values():
        for spec in field_specs(found.info.params):
            with pytest.raises(ParameterError) as wrong:
                make_card(found.card, {spec.name: object()})
            assert wrong.value.message.startswith(f"{spec.label} "), found.info.card

    with pytest.raises(ParameterError) as wrong:
        make_card(HyperparameterSearch, {"parallel": 100})
    assert wrong.value.message == "Trials at a time must be at most 64, not 100."


def test_a_choice_is_written_as_results_call_it() -> None:
    choices = "auto", "deep_network", "svm", "TPE", "r2", "rmse", "roc_auc", "macro_f1"
    written = "Auto", "Deep network", "SVM", "TPE", "R²", "RMSE", "ROC AUC", "Macro F1"

    assert tuple(map(choice_words, choices)) == written


def test_a_parameter_of_another_choice_is_not_active() -> None:
    assert SPECS["alpha"].active({"model": "ridge"})
    assert not SPECS["alpha"].active({"model": "deep_network"})
    assert FieldSpec("x", "text", "X", when={"a": [1, 2]}).active({"a": 2})


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("alpha", "1e-3", 0.001),
        ("alpha", "0,5", 0.5),
        ("alpha", "0,001", 0.001),
        ("alpha", "0,125", 0.125),
        ("alpha", "1.234,5", "1.234,5"),
        ("alpha", "1,5,3", "1,5,3"),
        ("alpha", "12,345.5", 12345.5),
        ("alpha", "−2", -2),
        ("alpha", "1e999", "1e999"),
        ("alpha", "abc", "abc"),
        ("alpha", "  ", None),
        ("epochs", "50", 50),
        ("epochs", "50.0", 50),
        ("epochs", "2.5", 2.5),
        ("epochs", "1,000", 1000),
        ("epochs", "1 000 000", 1_000_000),
        ("epochs", "1,00,000", 100_000),
        ("layers", "128, 64 32", [128, 64, 32]),
        ("layers", "[256,128]", [256, 128]),
        ("layers", "12, x", [12, "x"]),
        ("model", "deep_network", "deep_network"),
        ("model", "forged", "forged"),
        ("shuffle", False, False),
        ("note", " hello ", "hello"),
        ("target", "MEDV", "MEDV"),
    ],
)
def test_what_is_typed_becomes_a_value_or_stays_text(name: str, typed: Any, value: Any) -> None:
    assert SPECS[name].parse(typed) == value


def test_nothing_chosen_is_written_as_the_help_says_what_it_means() -> None:
    features = FieldSpec("x", "columns", "X", help="What to learn from; empty: all but the target.")

    assert features.shown(["a", "b"]) == "[a, b]"
    assert features.shown([]) == "all but the target"
    assert FieldSpec("x", "columns", "X").shown([]) == "none"


@pytest.mark.parametrize("value", [0.001, 1e-7, 42, 0.1 + 0.2, 1e20, [128, 64], True, "text", -0.5])
def test_what_is_written_reads_back_as_the_same(value: Any) -> None:
    kinds = {list: "numbers", bool: "switch", str: "text", int: "integer"}
    kind: Any = kinds.get(type(value), "number")
    spec = FieldSpec("x", kind, "X", whole=True)

    assert spec.parse(spec.write(value)) == pytest.approx(value)


def test_lists_are_edited_by_place() -> None:
    spec = SPECS["layers"]

    assert edit_list(spec, [128, 64], "list_add", 0) == [128, 64, 32]
    assert edit_list(spec, [], "list_add", 0) == [32]
    assert edit_list(spec, [128, 64, 32], "list_up", 2) == [128, 32, 64]
    assert edit_list(spec, [128, 64, 32], "list_down", 0) == [64, 128, 32]
    assert edit_list(spec, [128, 64, 32], "list_remove", 1) == [128, 32]
    assert edit_list(spec, [128], "list_remove", 7) == [128]
    assert edit_list(spec, "text", "list_remove", 0) == []
