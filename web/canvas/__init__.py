"""The canvas: cards, ports and wires, as a NiceGUI element around our own Vue component."""

from web.canvas.element import DIST, PipelineCanvas

__all__ = ["DIST", "PipelineCanvas"]
