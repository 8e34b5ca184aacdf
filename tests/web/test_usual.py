"""Which cards are offered first for a wire: those that samples usually wire so."""

from web.live.usual import USUAL


def test_what_one_sample_alone_wires_so_is_no_more_usual_than_any_other_card() -> None:
    assert USUAL["data_split"]["data_load.dataset"] > 5
    assert "data_load.dataset" not in USUAL.get("lag_features", {})
