"""The query catalog: what a project's files say of its tables and queries, for people to read.

`read` finds it out, `model` holds it; `page` makes one web page of it, `markdown` a page for each
domain. Not to be mistaken for PostgreSQL's own catalog, from which much of it comes.
"""

from pgrepo.catalog.markdown import write_markdown
from pgrepo.catalog.model import Domain
from pgrepo.catalog.page import write_page
from pgrepo.catalog.read import read_domain

__all__ = ["Domain", "read_domain", "write_markdown", "write_page"]
