"""Entity-relationship diagrams of a live schema, as Mermaid text and as pictures.

`catalog` reads the schema, `diagram` writes the text, `pages` puts it between markers of a page.
`drawing` makes a picture, with `layers` and `places` to know where things stand.
"""

from pgrepo.operate.erd.catalog import read_diagram
from pgrepo.operate.erd.diagram import Diagram, Entity, Field, Relation, render
from pgrepo.operate.erd.drawing import draw, picture
from pgrepo.operate.erd.pages import replace_diagram

__all__ = [
    "Diagram", "Entity", "Field", "Relation", "draw", "picture", "read_diagram", "render",
    "replace_diagram",
]  # fmt: skip
