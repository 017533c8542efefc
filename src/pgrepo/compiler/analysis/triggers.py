"""Whether a trigger function may make a row vanish: a BEFORE row trigger does by returning NULL."""

from __future__ import annotations

from pgrepo.sqlfiles.lexer import LexError, Token, TokenKind, significant, tokenize


def surely_returns_new(language: str, body: str) -> bool:
    """Whether a BEFORE trigger function always returns the row that it was given.

    That is certain of a PL/pgSQL function which returns nothing but NEW, and in which NEW as a
    whole stands nowhere else: setting its fields cannot make it NULL, assigning to it could.

    Args:
        language: the function's language.
        body: its source.
    """
    if language != "plpgsql":
        return False
    try:
        tokens = significant(tokenize(body))
    except LexError:
        return False
    padded = [None, *tokens, None]
    return all(
        _is_plain(before, token, after)
        for before, token, after in zip(padded, tokens, padded[2:], strict=False)
    )


def _is_plain(before: Token | None, token: Token, after: Token | None) -> bool:
    match _word(token):
        case "return":
            return _word(after) == "new"
        case "new":
            is_field = after is not None and after.text == "."
            return is_field or _word(before) == "return"
        case _:
            return True


def _word(token: Token | None) -> str:
    if token is not None and token.kind is TokenKind.QUOTED_IDENTIFIER:
        return token.text.strip('"')
    return token.text.lower() if token is not None and token.kind is TokenKind.WORD else ""
