"""HTML written in Python, where every text is text: names and cells from files are always escaped,
and cannot turn the text around them.

``div(".row", title=name)[b[title], " · ", note]`` builds an element; ``str(...)`` is its HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Union

from tensorrag.quoting import unturned

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
Attribute = str | int | float | bool | None
Node = Union[None, bool, str, int, float, "Element", Iterable["Node"]]


class Markup(str):
    """Text that is HTML already; made by this module and from constants alone."""

    __slots__ = ()


class Element:
    """An element with attributes and children; immutable, so that parts can be kept and shared."""

    __slots__ = ("attributes", "children", "name")

    def __init__(self, name: str, attributes: str = "", children: str = "") -> None:
        self.name = name
        self.attributes = attributes
        self.children = children

    def __call__(self, classes: str = "", /, **attributes: Attribute) -> Element:
        """Add classes, written ``".a.b"``, and attributes; ``data_x`` is written ``data-x``.

        None and False leave an attribute out, True writes it without a value.
        """
        if classes:
            attributes = {"class": classes.replace(".", " ").strip(), **attributes}
        text = "".join(_attribute(name, value) for name, value in attributes.items())
        return Element(self.name, self.attributes + text, self.children)

    def __getitem__(self, children: Node) -> Element:
        """Put children inside; texts among them are escaped."""
        return Element(self.name, self.attributes, self.children + html(children))

    def __str__(self) -> str:
        """Return the HTML."""
        start = f"<{self.name}{self.attributes}>"
        return start if self.name in VOID else f"{start}{self.children}</{self.name}>"


def html(node: Node) -> Markup:
    """Return the HTML of a text, an element or many of them; None and booleans are nothing."""
    if node is None or isinstance(node, bool):
        return Markup("")
    if isinstance(node, Markup):
        return node
    if isinstance(node, Element):
        return Markup(str(node))
    if isinstance(node, str | int | float):
        return Markup(escape(unturned(str(node))))
    return Markup("".join(html(child) for child in node))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if name.startswith("on"):
        raise ValueError(f"{name}: scripts are not written into attributes")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


a = Element("a")
b = Element("b")
button = Element("button")
dialog = Element("dialog")
div = Element("div")
form = Element("form")
h1 = Element("h1")
h2 = Element("h2")
h3 = Element("h3")
header = Element("header")
i_ = Element("i")
img = Element("img")
input_ = Element("input")
kbd = Element("kbd")
label = Element("label")
li = Element("li")
ol = Element("ol")
option = Element("option")
p = Element("p")
path = Element("path")
pre = Element("pre")
rect = Element("rect")
circle = Element("circle")
section = Element("section")
select = Element("select")
span = Element("span")
svg = Element("svg")
g = Element("g")
table = Element("table")
tbody = Element("tbody")
td = Element("td")
text = Element("text")
textarea = Element("textarea")
th = Element("th")
thead = Element("thead")
time = Element("time")
tr = Element("tr")
ul = Element("ul")
