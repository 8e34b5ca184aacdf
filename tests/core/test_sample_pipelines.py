import json

import jsonschema
import pytest

from sample_data.pipeline_files import FOLDER, PIPELINES, pipeline_path, sample_pipelines
from tensorrag.check import check
from tensorrag.edit import apply
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import edge_json, node_json
from tensorrag.pipeline.files import dumps, load
from tensorrag.pipeline.json_schema import json_schema
from tensorrag.registry.finding import Registry
from tensorrag.types import Metrics, ModelSchema
from tests.cards.leaving import ran

CARD_WIDTH, CARD_HEIGHT = 184, 148


@pytest.mark.parametrize("name", PIPELINES)
def test_it_is_written_as_the_editor_would(name: str) -> None:
    loaded = load(pipeline_path(name))

    assert loaded.warnings == ()
    text = pipeline_path(name).read_text(encoding="utf-8")
    assert dumps(loaded.pipeline) == text
    jsonschema.validate(json.loads(text), json_schema())


@pytest.mark.parametrize("name", PIPELINES)
def test_it_can_be_built_by_hand_from_the_cards_that_there_are(name: str) -> None:
    sample, registry = load(pipeline_path(name)).pipeline, Registry.load()
    catalog = registry.catalog()
    built = Pipeline(sample.name, sample.description)

    for node in sample.nodes.values():
        built = apply(built, {"op": "add", "node": node_json(node)}, catalog)
    for edge in sample.edges:
        built = apply(built, {"op": "connect", **edge_json(edge)}, catalog)

    assert dumps(built) == dumps(sample)


@pytest.mark.parametrize("name", PIPELINES)
def test_no_card_lies_on_another(name: str) -> None:
    places = [node.position for node in load(pipeline_path(name)).pipeline.nodes.values()]

    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            apart = abs(one.x - other.x) >= CARD_WIDTH or abs(one.y - other.y) >= CARD_HEIGHT
            assert apart, (one, other)


@pytest.mark.parametrize("name", PIPELINES)
def test_each_card_is_told_from_every_other_by_its_title(name: str) -> None:
    nodes = load(pipeline_path(name)).pipeline.nodes.values()

    titles = [node.title or node.card for node in nodes]

    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", sorted(set(PIPELINES) - {"my_table"}))
def test_a_check_finds_nothing_to_say_of_it(name: str) -> None:
    assert check(load(pipeline_path(name)).pipeline, Registry.load()).problems == ()


@pytest.mark.parametrize(
    "name", ["breast_cancer", "churn", "diabetes", "hyperparameter_search", "linear_ridge_lasso"]
)
def test_its_models_are_far_better_than_the_dummy(name: str) -> None:
    made = ran(load(pipeline_path(name)).pipeline).values()
    found = [value for value in made if isinstance(value, Metrics)]

    assert found
    for metrics in found:
        best = "r2" if "r2" in metrics.values else "roc_auc"
        assert metrics.values[best] > metrics.baseline[best] + 0.25


def test_boston_housing_is_the_first_pipeline_of_the_design() -> None:
    pipeline = load(pipeline_path("boston_housing")).pipeline

    assert [node.card for node in pipeline.nodes.values()] == [
        "data_load",
        "data_split",
        "model_define_gpu",
        "train_gpu",
        "evaluate",
    ]
    assert pipeline.order()[-1] == "evaluate"


def test_every_file_is_listed_and_described() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PIPELINES)
    samples = sample_pipelines()
    assert samples["boston_housing"].cards == 5
    assert [name for name, sample in samples.items() if sample.needs_file] == ["my_table"]
    assert all(sample.summary.endswith(".") for sample in samples.values())


def test_a_name_that_is_none_is_answered_with_those_that_are() -> None:
    with pytest.raises(KeyError, match="boston_housing, network_or_line"):
        pipeline_path("../../etc/passwd")


def test_house_prices_chooses_on_other_rows_than_it_measures_on() -> None:
    pipeline, registry = load(pipeline_path("house_prices")).pipeline, Registry.load()

    checked = check(pipeline, registry)

    assert checked.problems == ()
    compare = checked.nodes["compare"]
    assert compare.details == {"models": ["Line", "Tree", "Boosting"]}
    (rows,) = (edge.source_port for edge in pipeline.edges if edge.target_port == "test_dataset"
               and edge.target == "compare")  # fmt: skip
    assert rows == "validation_dataset"


def test_the_forecast_is_measured_on_later_rows_against_last_week() -> None:
    pipeline, registry = load(pipeline_path("forecast")).pipeline, Registry.load()

    checked = check(pipeline, registry)

    assert checked.problems == ()
    assert pipeline.nodes["split"].params["split_by"] == "time"
    assert pipeline.nodes["evaluate"].params["baseline_column"] == "sales_lag_7"
    model = checked.nodes["train_ridge"].schemas["trained_model"]
    assert isinstance(model, ModelSchema)
    assert model.recipe is not None
    assert model.recipe.begins == "Lag Features"  # one row has no past: it is asked for with lags
    asked = [column.name for column in model.asks or ()]
    assert asked == ["date", "shop", "promotion", "sales_lag_7", "sales_lag_14", "sales_lag_28",
                     "sales_mean_28"]  # fmt: skip
