"""The methods of a domain's class that scope its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.text import INDENT, WIDTH, call, docstring, quoted
from pgrepo.compiler.pytypes import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.project import DeclaredScope

_PYTHON = {
    "uuid": "UUID",
    "text": "str",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "boolean": "bool",
}

_ALONE = "each is a transaction of its own, unless it is in transaction()"


def scope_imports(scopes: Sequence[DeclaredScope]) -> set[tuple[str, str]]:
    """What the methods and constants of scopes import."""
    if not scopes:
        return set()
    needed = {(RUNTIME, "Scope"), ("typing", "Self")}
    if any(type_ == "uuid" for scope in scopes for _, type_ in scope.settings):
        needed.add(("uuid", "UUID"))
    return needed


def scope_method(scope: DeclaredScope) -> list[str]:
    """The method that returns a domain bound to a scope."""
    names = [setting.rpartition(".")[2] for setting, _ in scope.settings]
    typed = [
        f"{name}: {_PYTHON[type_]}" for name, (_, type_) in zip(names, scope.settings, strict=True)
    ]
    has = [f"as {scope.role}"] if scope.role else []
    if scope.settings:
        has.append(f"with {' and '.join(setting for setting, _ in scope.settings)} set")
    doc = [
        f"Returns this domain for one {scope.name.replace('_', ' ')}.",
        f"Its calls run {', '.join(has)}; {_ALONE}.",
    ]
    return [
        *call(f"def for_{scope.name}", ["self", *typed], " -> Self:", 1),
        *docstring(doc, 2),
        *call("return self._scoped", [_constant(scope), *names], "", 2),
    ]


def scope_constant(scope: DeclaredScope) -> list[str]:
    """What the runtime must know of a scope."""
    arguments = [quoted(scope.name)]
    if scope.role is not None:
        arguments.append(f"role={quoted(scope.role)}")
    if scope.settings:
        pairs = [f"({quoted(name)}, {quoted(type_)})" for name, type_ in scope.settings]
        one_line = f"settings=({', '.join(pairs)}{',' if len(pairs) == 1 else ''})"
        lines = ["settings=(", *(f"{INDENT}{pair}," for pair in pairs), ")"]
        # Where it is too long for a line, it stands one level deep.
        fits = len(one_line) < WIDTH - len(INDENT)
        arguments.append(one_line if fits else f"\n{INDENT}".join(lines))
    return call(f"{_constant(scope)} = Scope", arguments)


def _constant(scope: DeclaredScope) -> str:
    return f"_{scope.name.upper()}"
