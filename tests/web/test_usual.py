"""Which cards are offered first for a wire: those that samples usually wire so."""

from sample_data.pipeline_files import pipeline_path
from tensorrag.pipeline.files import load
from web.live.cards.usual import USUAL


def test_what_one_sample_alone_wires_so_is_no_more_usual_than_any_other_card() -> None:
    sample = load(pipeline_path("forecast")).pipeline
    assert ("load", "lags") in {(edge.source, edge.target) for edge in sample.edges}
    assert USUAL["data_split"]["data_load.dataset"] > 5
    assert "data_load.dataset" not in USUAL.get("lag_features", {})
