"""What stands in place of a result that is not there yet."""

from web.page.details import Card, Wire
from web.page.outcome import nothing_yet

QUEUED = {"state": "queued"}
INPUT = Wire(port="table", kind=None, value="load.dataset")


def test_a_queued_card_waits_for_others_only_where_it_has_inputs() -> None:
    first = nothing_yet(Card(node="load", title="Load", runtime=QUEUED))
    second = nothing_yet(Card(node="half", title="Half", runtime=QUEUED, wires=[INPUT]))

    assert "It waits for its turn." in str(first)
    assert "It waits for the cards before it, then for its turn." in str(second)
