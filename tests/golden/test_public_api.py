"""The public API as one list: every name with its signature, compared with what was agreed."""

from __future__ import annotations

import difflib
import enum
import inspect
import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pgrepo

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).with_name("public_api.txt")
MODULES = ("pgrepo", "pgrepo.bench", "pgrepo.embedded", "pgrepo.pytest", "pgrepo.runtime")
# What parts of the runtime ask of each other. docs/reference/versions.md says that it is none of
# the API, though it has no underscore.
OWN = frozenset({
    "AsyncDatabase.check", "AsyncDatabase.check_scope", "AsyncDatabase.forget",
    "AsyncDatabase.lender", "AsyncDatabase.plain", "AsyncDatabase.rides", "AsyncDatabase.together",
    "Database.check", "Database.check_scope", "Database.forget",
    "Database.lender", "Database.plain", "Database.rides", "Database.together",
    "AsyncMemoryCache.clear", "AsyncMemoryCache.hand_in", "AsyncMemoryCache.look_up",
    "AsyncRedisCache.clear", "AsyncRedisCache.hand_in", "AsyncRedisCache.look_up",
    "MemoryCache.clear", "MemoryCache.hand_in", "MemoryCache.look_up",
    "RedisCache.clear", "RedisCache.hand_in", "RedisCache.look_up",
    "Observer.batch", "Observer.call", "Observer.count", "Observer.read", "Observer.serve",
    "Observer.stream", "Observer.take", "Observer.transaction",
})  # fmt: skip
CALLED = ("__call__",)


def signature(function: Any) -> str:
    """Its parameters and what it returns, as they are written."""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    text = re.sub(r"<([\w.]+)(?: object)?[^>]*>", r"<\1>", text)
    return re.sub(r"^\(self(?:, )?", "(", text)


def members(name: str, owner: type) -> Iterator[str]:
    """The public methods and attributes of a class that are pgrepo's own."""
    fields = getattr(owner, "__dataclass_fields__", None) or getattr(owner, "__struct_fields__", ())
    for member in sorted({key for base in owner.__mro__ for key in vars(base)}):
        home = next(base for base in owner.__mro__ if member in vars(base))
        is_ours = home.__module__.startswith("pgrepo")
        if (member.startswith("_") and member not in CALLED) or not is_ours or member in fields:
            continue
        value = vars(home)[member]
        if f"{name}.{member}" in OWN:
            continue
        if isinstance(value, property):
            yield f"    {member}: {signature(value.fget).rpartition(' -> ')[2]}"
        elif inspect.isfunction(value):
            word = "async " if inspect.iscoroutinefunction(value) else ""
            yield f"    {word}{member}{signature(value)}"


def described(name: str, value: Any) -> Iterator[str]:
    """A name, and what belongs to it."""
    if inspect.isclass(value) and issubclass(value, BaseException):
        bases = (f"{base.__module__}.{base.__name__}" for base in value.__bases__)
        yield f"{name}({', '.join(bases)})"
    elif inspect.isclass(value) and issubclass(value, enum.Enum):
        yield f"{name}({', '.join(member.name for member in value)})"
    elif inspect.isclass(value) and value.__module__.startswith("pgrepo"):
        # What a Struct is made of, msgspec tells; its signature would need the types to be there.
        fields = getattr(value, "__struct_fields__", None)
        yield name + (signature(value) if fields is None else f"({', '.join(fields)})")
        yield from members(name, value)
    elif inspect.isfunction(value):
        yield f"{name}{signature(value)}"
    else:
        yield name


def listed() -> str:
    """The whole list."""
    lines = []
    for module in map(import_module, MODULES):
        lines += [f"# {module.__name__}", ""]
        for name in sorted(module.__all__):
            value = getattr(module, name)
            if module.__name__ != "pgrepo" and getattr(pgrepo, name, None) is value:
                lines.append(f"{name}, as pgrepo.{name}")
            else:
                lines += described(name, value)
        lines.append("")
    return "\n".join(lines)


def test_public_api() -> None:
    """Nothing is added, removed or changed by accident."""
    found = listed()
    if os.environ.get("PGREPO_UPDATE_GOLDENS") == "1":
        GOLDEN.write_text(found, encoding="utf-8")
    agreed = GOLDEN.read_text(encoding="utf-8")
    changed = difflib.unified_diff(agreed.splitlines(), found.splitlines(), "agreed", "found", n=0)
    assert found == agreed, "\n".join(changed)


def test_everything_is_documented() -> None:
    """Each class, function, method and property says what it is for."""
    silent = []
    for module in map(import_module, MODULES):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                parts = vars(value) if inspect.isclass(value) else {}
                silent += [
                    f"{module.__name__}.{name}.{key}"
                    for key, part in parts.items()
                    if (inspect.isfunction(part) or isinstance(part, property))
                    and not key.startswith("_")
                    and not inspect.getdoc(part)
                ]
                if not inspect.getdoc(value):
                    silent.append(f"{module.__name__}.{name}")
    assert not silent


def test_every_argument_is_documented() -> None:
    """Each parameter of a public function or method of two or more is named in its docstring."""
    silent = []
    for module in map(import_module, MODULES):
        for name in module.__all__:
            value = getattr(module, name)
            parts = dict(vars(value)) if inspect.isclass(value) else {name: value}
            for key, part in parts.items():
                label = f"{name}.{key}" if inspect.isclass(value) else name
                if not inspect.isfunction(part) or key.startswith("_") or label in OWN:
                    continue
                text = inspect.getdoc(part) or ""
                told = [item for item in inspect.signature(part).parameters if item != "self"]
                missing = [item for item in told if not re.search(rf"\b{item}\b", text)]
                is_elsewhere = re.search(r"See `[\w.]+` for its arguments", text)
                if len(told) > 1 and missing and not is_elsewhere:
                    silent.append(f"{module.__name__}.{label}: {', '.join(missing)}")
    assert not silent
