"""The canvas: cards, ports and wires, as a NiceGUI element around our own Vue component.

And the command palette, which pages without a canvas have, too.
"""

from web.canvas.element import DIST, PipelineCanvas
from web.canvas.finder import Finder

__all__ = ["DIST", "Finder", "PipelineCanvas"]
