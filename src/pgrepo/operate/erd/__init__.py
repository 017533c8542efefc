"""Entity-relationship diagrams of a live schema, in Mermaid.

`catalog` reads the schema, `diagram` writes the text, `pages` puts it between markers of a page.
"""

from pgrepo.operate.erd.catalog import read_diagram
from pgrepo.operate.erd.diagram import Diagram, Entity, Field, Relation, render
from pgrepo.operate.erd.pages import replace_diagram

__all__ = ["Diagram", "Entity", "Field", "Relation", "read_diagram", "render", "replace_diagram"]
