"""The JSON Schema of pipeline files, made from the table that reads them."""

from tensorrag.pipeline.as_json import EDGE_KEYS, FORMAT, MAX_EDGES, MAX_NODES, VERSION
from tensorrag.pipeline.keys import HEAD_KEYS, NODE_KEYS, PIPELINE_KEYS
from tensorrag.pipeline.names import CARD_PATTERN, NAME_PATTERN
from tensorrag.plain import JsonObject


def json_schema() -> JsonObject:
    """Return what a well-formed file looks like, as JSON Schema (draft 2020-12).

    The editor opens more than this describes: unknown keys and odd names are kept, with a Problem.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TensorRag pipeline",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            **{name: key.schema for name, key in HEAD_KEYS.items()},
            "nodes": {"type": "array", "maxItems": MAX_NODES, "items": {"$ref": "#/$defs/node"}},
            "edges": {"type": "array", "maxItems": MAX_EDGES, "items": {"$ref": "#/$defs/edge"}},
            **{name: key.schema for name, key in PIPELINE_KEYS.items()},
        },
        "required": ["format", "version", "nodes", "edges"],
        "$defs": {"node": _node(), "edge": _edge()},
    }


def _node() -> JsonObject:
    return {
        "type": "object",
        "description": "A card placed in the pipeline.",
        "properties": {
            "id": _name("Unique in the file."),
            "card": {
                "type": "string",
                "pattern": f"^{CARD_PATTERN}$",
                "description": "The kind of card; pack/card for cards of a pack.",
            },
            **{name: key.schema for name, key in NODE_KEYS.items()},
        },
        "required": ["id", "card"],
    }


def _edge() -> JsonObject:
    return {
        "type": "object",
        "description": "A wire from an output port to an input port.",
        "properties": {
            "source": _name("Id of the node that it starts at."),
            "source_port": _name("Output of that node."),
            "target": _name("Id of the node that it ends at."),
            "target_port": _name("Input of that node."),
        },
        "required": list(EDGE_KEYS),
    }


def _name(description: str) -> JsonObject:
    return {"type": "string", "pattern": f"^{NAME_PATTERN}$", "description": description}
