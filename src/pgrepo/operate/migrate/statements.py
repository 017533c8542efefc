"""What the migrator must know of a file's statements before PostgreSQL reads it. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import LexError, split_statements, tokenize
from pgrepo.sqlfiles.source import decode_source

if TYPE_CHECKING:
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.ddl import DdlFile
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.source import Source

_TRANSACTION_CONTROL = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"}


@dataclass(frozen=True, slots=True)
class Script:
    """A DDL file's text and where its statements lie in it."""

    source: Source
    statements: tuple[tuple[Token, ...], ...]

    def text(self, index: int) -> str:
        """Returns one statement as written."""
        statement = self.statements[index]
        return self.source.text[statement[0].start : statement[-1].end]


@dataclass(frozen=True, slots=True)
class IndexStatement:
    """A statement that builds, rebuilds or drops an index without a transaction.

    `verb` is CREATE, REINDEX or DROP. The names are SQL text as in the file, qualified where the
    file qualifies them, fit for to_regclass; the one that the statement does not give is None.
    """

    verb: str
    table: str | None
    index: str | None


def read_script(file: DdlFile) -> Script:
    """Finds the statements, and refuses a file that would break out of its transaction.

    Raises:
        SourceError: the file ends or begins a transaction itself, or reads data that only psql
            could send.
    """
    source = replace(decode_source(file.sql, file.path), name=file.name)
    try:
        statements = split_statements(tokenize(source.text))
    except LexError as error:
        raise source.error("PGR101", error.message, error.start, error.end) from error
    for statement in statements:
        problem = _problem(source, statement)
        if problem is not None:
            raise problem
    return Script(source, tuple(tuple(statement) for statement in statements))


def index_statement(text: str) -> IndexStatement | None:
    """Recognises CREATE INDEX, REINDEX and DROP INDEX with CONCURRENTLY."""
    statements = split_statements(tokenize(text))
    if not statements:
        return None
    words = _Words(statements[0])
    if words.take("CREATE"):
        words.take("UNIQUE")
        if words.take("INDEX") and words.take("CONCURRENTLY"):
            return _create_index(words)
    elif words.take("REINDEX"):
        return _reindex(words)
    elif words.take("DROP") and words.take("INDEX") and words.take("CONCURRENTLY"):
        words.take("IF", "EXISTS")
        return IndexStatement("DROP", None, words.name())
    return None


def _create_index(words: _Words) -> IndexStatement:
    words.take("IF", "NOT", "EXISTS")
    name = None if words.take("ON") else words.name()
    words.take("ON")
    words.take("ONLY")
    table = words.name_parts()
    # The index lies in its table's schema, whatever the search path.
    index = None if name is None else ".".join([*table[:-1], name])
    return IndexStatement("CREATE", ".".join(table), index)


def _reindex(words: _Words) -> IndexStatement | None:
    concurrently = words.skip_parenthesis("CONCURRENTLY")
    what = words.word()
    if not (words.take("CONCURRENTLY") or concurrently):
        return None
    if what == "INDEX":
        return IndexStatement("REINDEX", None, words.name())
    return IndexStatement("REINDEX", words.name(), None) if what == "TABLE" else None


class _Words:
    """A cursor over a statement's tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def word(self) -> str:
        """Returns the next token in upper case and passes it."""
        self._at += 1
        return self._peek(-1)

    def take(self, *words: str) -> bool:
        """Passes these words if they come next."""
        if any(self._peek(offset) != word for offset, word in enumerate(words)):
            return False
        self._at += len(words)
        return True

    def name(self) -> str:
        """Passes a possibly qualified name and returns it."""
        return ".".join(self.name_parts())

    def name_parts(self) -> list[str]:
        """Passes a possibly qualified name and returns its parts as written."""
        parts = [self._tokens[self._at].text] if self._at < len(self._tokens) else []
        self._at += 1
        while self.take("."):
            parts.append(self._tokens[self._at].text)
            self._at += 1
        return parts

    def skip_parenthesis(self, word: str) -> bool:
        """Passes a list in parentheses; returns whether the word is in it."""
        found = False
        if self._peek(0) == "(":
            while self._at < len(self._tokens) and self._peek(0) != ")":
                found = found or self._peek(0) == word
                self._at += 1
            self._at += 1
        return found

    def _peek(self, offset: int) -> str:
        at = self._at + offset
        return self._tokens[at].text.upper() if 0 <= at < len(self._tokens) else ""


def _problem(source: Source, statement: list[Token]) -> SourceError | None:
    words = [token.text.upper() for token in statement]
    first = statement[0]
    ends = words[0] in _TRANSACTION_CONTROL or words[:2] == ["PREPARE", "TRANSACTION"]
    # ROLLBACK [WORK | TRANSACTION] TO a savepoint stays inside.
    if ends and "TO" not in words[1:3]:
        return source.error(
            "PGR402",
            f"{words[0]} would tear the file from its row in the ledger",
            first.start,
            first.end,
            help="remove it: every file is applied in a transaction of its own, or, headed by "
            "`-- pgrepo: no-transaction`, in none",
        )
    if words[0] == "COPY" and ("FROM", "STDIN") in itertools.pairwise(words):
        return source.error(
            "PGR403",
            "COPY … FROM STDIN needs data that only psql could send",
            first.start,
            first.end,
            help="write the rows as INSERT … VALUES",
        )
    return None
