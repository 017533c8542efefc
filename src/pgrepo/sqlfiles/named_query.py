"""A named query, read and checked, with its way back to the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import Token, TokenKind, significant, tokenize
from pgrepo.sqlfiles.variants import NO_VARIANTS, Variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.annotations import Annotations
    from pgrepo.sqlfiles.header import Operation
    from pgrepo.sqlfiles.source import Source
    from pgrepo.sqlfiles.variants import Variant

_POSITIONAL = re.compile(r"\$(\d+)\b")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of a query file.

    Attributes:
        name: the name, a Python name.
        operation: what it gives back.
        parameters: the parameter names in the order of the Python signature.
        positions: the name of every `$n`: `positions[0]` is `$1`.
        sql: what is executed, as aiosql and our adapter yield it.
        doc: the comment block directly below the header, without annotations.
        annotations: the annotations of that block.
        source: the file.
        offset: where the `-- name:` comment begins in the file.
        name_span: where the name is in the file.
        body: where the SQL and its comments are in the file.
        fingerprint: 16 hexadecimal digits that change when operation, parameters or SQL do.
        variants: what callers may leave out, and the orders that they may choose from.
    """

    name: str
    operation: Operation
    parameters: tuple[str, ...]
    positions: tuple[str, ...]
    sql: str
    doc: str
    annotations: Annotations
    source: Source
    offset: int
    name_span: tuple[int, int]
    body: tuple[int, int]
    fingerprint: str
    variants: Variants = NO_VARIANTS

    @property
    def line(self) -> int:
        """The line of the `-- name:` comment."""
        return self.source.position(self.offset)[0]

    def locate(self, sql_offset: int) -> int:
        """Returns the offset in the file for an offset in `sql`.

        Between two tokens that is the start of the next one; at the end of `sql` it is the end
        of the last one.
        """
        pairs = self._token_pairs()
        for executed, written in pairs:
            if sql_offset <= executed.start:
                return written.start
            if sql_offset < executed.end:
                if written.kind is TokenKind.PARAMETER:
                    return written.start
                return written.start + sql_offset - executed.start
        return pairs[-1][1].end if pairs else self.body[0]

    def error(
        self,
        code: str,
        message: str,
        sql_start: int,
        sql_end: int | None = None,
        help: str | None = None,
    ) -> SourceError:
        """Returns the error about a part of `sql`, placed in the file.

        Without an end, the name that begins at `sql_start`, dots and all, or the token there.
        Where message or help have a `$n`, the error has the name that the file has for it.
        """
        everything = range(len(self.positions))
        message = self._by_name(message, everything)
        advice = self._by_name(help, everything) if help is not None else None
        start = self.locate(sql_start)
        end = self._end_of_name(sql_start) if sql_end is None else self._locate_end(sql_end)
        return self.source.error(code, message, start, end, help=advice, query=self.name)

    def error_in_variant(
        self, code: str, message: str, variant: Variant, at: int, help: str | None = None
    ) -> SourceError:
        """Returns the error about an offset in a variant's SQL, placed in the file."""
        message = self._by_name(message, variant.kept)
        advice = self._by_name(help, variant.kept) if help is not None else None
        place = next((p for p in reversed(variant.places) if p.at <= at), variant.places[0])
        if place.offset is None:
            executed = significant(tokenize(self.sql))[place.token]
            within = min(at - place.at, executed.end - executed.start - 1)
            return self.error(code, message, executed.start + max(within, 0), help=advice)
        ordering = self.variants.ordering
        assert ordering is not None  # what else has an offset of its own
        order = next(order for order in ordering.orders if order.name == variant.choice.order)
        start = order.offset + place.offset
        end = order.offset + _end_of_name(tokenize(order.text, place.offset))
        return self.source.error(code, message, start, end, advice, self.name)

    def _by_name(self, message: str, kept: Sequence[int]) -> str:
        """A message of PostgreSQL's, which numbers the parameters that a statement has kept."""
        if not self._has_names:
            return message

        def name(found: re.Match[str]) -> str:
            number = int(found[1])
            known = 0 < number <= len(kept)
            return f":{self.positions[kept[number - 1]]}" if known else found[0]

        return _POSITIONAL.sub(name, message)

    @property
    def _has_names(self) -> bool:
        """Whether the file names the parameters; a plain statement has `$n` itself."""
        written = tokenize(self.source.text, *self.body)
        return not any(token.kind is TokenKind.POSITIONAL for token in written)

    def _token_pairs(self) -> list[tuple[Token, Token]]:
        """Returns the tokens of `sql`, each with the one in the file that it comes from."""
        executed = significant(tokenize(self.sql))
        written = significant(tokenize(self.source.text, *self.body))
        return list(zip(executed, written, strict=False))  # the file has closing semicolons too

    def _locate_end(self, sql_end: int) -> int:
        end = self.body[0]
        for executed, written in self._token_pairs():
            if executed.start >= sql_end:
                break
            whole = executed.end <= sql_end or written.kind is TokenKind.PARAMETER
            end = written.end if whole else written.start + sql_end - executed.start
        return end

    def _end_of_name(self, sql_start: int) -> int:
        following = [pair[1] for pair in self._token_pairs() if pair[0].end > sql_start]
        return _end_of_name(following) if following else self.locate(sql_start) + 1


def _end_of_name(tokens: list[Token]) -> int:
    """Returns the end of the name that begins with the first token, dots and all."""
    end = tokens[0]
    for token in tokens[1:]:
        joins = end.text == "." or token.text == "."
        if token.start != end.end or not joins or token.kind not in _NAME_PARTS:
            break
        end = token
    return end.end


_NAME_PARTS = {TokenKind.WORD, TokenKind.QUOTED_IDENTIFIER, TokenKind.PUNCTUATION}
