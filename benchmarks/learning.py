"""The pipeline that is measured on tables of one's own: load, split, train, evaluate."""

from pathlib import Path

from tensorrag.pipeline import Edge, Node, Pipeline


def learning(table: Path, model: str, **resources: int) -> Pipeline:
    """Learn the column y of a file.

    Args:
        table: the file.
        model: its type, as in Model Define.
        resources: what training and measuring may use.
    """
    nodes = (
        Node("load", "data_load", {"source": "path", "path": str(table)}),
        Node("split", "data_split", {}),
        Node("model", "model_define", {"model_type": model}),
        Node("train", "train", {"target_column": "y"}, resources=resources),
        Node("evaluate", "evaluate", {}, resources=resources),
    )
    edges = (
        Edge("load", "dataset", "split", "dataset"),
        Edge("split", "train_dataset", "train", "train_dataset"),
        Edge("model", "model_spec", "train", "model_spec"),
        Edge("split", "test_dataset", "evaluate", "test_dataset"),
        Edge("train", "trained_model", "evaluate", "trained_model"),
    )
    return Pipeline(name="Learning").with_nodes(*nodes).with_edges(*edges)
