"""Diagrams inside of Markdown pages, between two markers each. Pure."""

from __future__ import annotations

from pgrepo.errors import PgrepoError

_START = "<!-- pgrepo erd: "
_END = f"{_START}end -->"


def replace_diagram(page: str, domain: str, diagram: str) -> str:
    """Returns a page with a domain's diagram in place of the one that it has, or of nothing.

    Args:
        page: the page's text.
        domain: whose diagram it is; the marker above the place names it.
        diagram: Mermaid text.

    Raises:
        PgrepoError: the page has no markers for the domain, or not the one below.
    """
    marker = f"{_START}{domain} -->"
    before, found, rest = page.partition(f"{marker}\n")
    old, end, after = rest.partition(f"{_END}\n" if f"{_END}\n" in rest else _END)
    if not found or not end or _START in old:
        raise PgrepoError(
            f"the page has no place for the diagram of {domain}: write these two lines where it "
            f"is to stand:\n{marker}\n{_END}"
        )
    block = f"```mermaid\n{diagram.rstrip()}\n```"
    return f"{before}{marker}\n{block}\n{end}{after}"
