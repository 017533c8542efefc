"""`[tool.pgrepo]` in pyproject.toml: where a project's SQL, queries and output are."""

from __future__ import annotations

import datetime as dt
import difflib
import keyword
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgrepo.errors import ProjectError
from pgrepo.settings import (
    DOMAIN_NAME,
    SCOPE_NAME,
    SETTING_NAME,
    SETTING_TYPES,
    BenchTable,
    DomainTable,
    ScopeTable,
    ToolTable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from msgspec import Struct

SHIPPED = ("monumento", "storyverse", "littlemonster", "mindia", "audiotricks")
"""The domains that come with pgrepo."""

_PATHS = ("sql", "queries", "output")


@dataclass(frozen=True, slots=True)
class DeclaredScope:
    """A role and settings that the calls made through `for_<name>()` have.

    `settings` holds the name and the PostgreSQL type of each; the parameter of `for_<name>()` is
    called like the last part of the name.
    """

    name: str
    role: str | None
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What `pgrepo bench` is told of a domain's queries.

    `params` holds values as PostgreSQL writes them, by `parameter` or `query.parameter`; `skip`
    holds patterns of the names of queries that are left out.
    """

    params: tuple[tuple[str, tuple[str, ...]], ...] = ()
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DomainFiles:
    """Where the files of one domain are: one PostgreSQL schema, one generated package.

    `output` is None for a domain of an installed pgrepo, which cannot be generated anew. `hot`
    names the tables that are large, or will be: `pgrepo check` looks at their plans. `scopes`
    become methods of the domain's class. `bench` is what `pgrepo bench` is told.
    """

    name: str
    root: Path
    sql: Path
    queries: Path
    output: Path | None
    hot: tuple[str, ...] = ()
    scopes: tuple[DeclaredScope, ...] = ()
    bench: BenchSettings = BenchSettings()

    @property
    def sample(self) -> Path:
        """A little data to try the domain with."""
        return self.sql / "sample"

    @property
    def load(self) -> Path:
        """Much data, for measuring."""
        return self.sql / "load"


@dataclass(frozen=True, slots=True)
class Project:
    """A pyproject.toml with a `[tool.pgrepo]` table."""

    root: Path
    domains: tuple[DomainFiles, ...]


def find_project(start: Path | None = None) -> Project | None:
    """Finds the nearest pyproject.toml with `[tool.pgrepo]`, from a directory upwards."""
    directory = (start or Path.cwd()).resolve()
    for candidate in (directory, *directory.parents):
        pyproject = candidate / "pyproject.toml"
        if pyproject.is_file() and _pgrepo_table(pyproject) is not None:
            return load_project(pyproject)
    return None


def load_project(pyproject: Path) -> Project:
    """Reads `[tool.pgrepo]`. Raises ProjectError with the file and the key that is wrong."""
    table = _pgrepo_table(pyproject)
    if table is None:
        raise ProjectError(
            f"{pyproject}: there is no [tool.pgrepo] table; run `pgrepo init`, or add "
            "[tool.pgrepo.domains.<name>] with the keys sql, queries and output"
        )
    _refuse_unknown(pyproject, "tool.pgrepo", table, ToolTable)
    domains = _table(pyproject, "tool.pgrepo.domains", table.get("domains", {}))
    root = pyproject.resolve().parent
    return Project(
        root=root,
        domains=tuple(_domain(pyproject, root, name, value) for name, value in domains.items()),
    )


def shipped_domain(name: str) -> DomainFiles:
    """Returns the files of a domain that comes with pgrepo."""
    from pgrepo.sqlfiles.library import locate  # noqa: PLC0415 - its aiosql is slow to import

    if name not in SHIPPED:
        raise ProjectError(_no_domain(name, SHIPPED, "pgrepo ships no domain"))
    sql = locate(__file__, f"sql/{name}")
    root = sql.parent.parent
    # Beside an installed package lies what it was built from, but not as a project.
    is_checkout = root != Path(__file__).resolve().parent
    return DomainFiles(
        name=name,
        root=root,
        sql=sql,
        queries=locate(__file__, f"queries/{name}"),
        output=root / "src" / "pgrepo" / "domains" / name if is_checkout else None,
    )


def select_domains(names: Sequence[str], start: Path | None = None) -> list[DomainFiles]:
    """Finds domains by name: the project's own first, then those that pgrepo ships.

    Without names, all of the project's.
    """
    project = find_project(start)
    own = {} if project is None else {domain.name: domain for domain in project.domains}
    if not names:
        if not own:
            raise ProjectError(
                f"no pyproject.toml with [tool.pgrepo.domains] in {(start or Path.cwd()).resolve()}"
                f" or above: run `pgrepo init`, or name a domain ({', '.join(SHIPPED)})"
            )
        return list(own.values())
    known = [*own, *(name for name in SHIPPED if name not in own)]
    for name in names:
        if name not in known:
            raise ProjectError(_no_domain(name, known, "there is no domain"))
    return [own[name] if name in own else shipped_domain(name) for name in dict.fromkeys(names)]


def _pgrepo_table(pyproject: Path) -> dict[str, object] | None:
    try:
        document = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProjectError(f"{pyproject}: there is no such file; run `pgrepo init`") from error
    except OSError as error:
        raise ProjectError(f"{pyproject}: it cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{pyproject}: this is not TOML: {error}") from error
    tool = document.get("tool")
    if not isinstance(tool, dict) or "pgrepo" not in tool:
        return None
    return _table(pyproject, "tool.pgrepo", tool["pgrepo"])


def _domain(pyproject: Path, root: Path, name: str, value: object) -> DomainFiles:
    key = f"tool.pgrepo.domains.{name}"
    if name.startswith("pg_") or name == "pgrepo":
        raise ProjectError(
            f"{pyproject}: {key}: the schema {name} is not yours to use (pg_… are PostgreSQL's, "
            "pgrepo holds the ledger of migrations): take another name"
        )
    if not DOMAIN_NAME.fullmatch(name):
        raise ProjectError(
            f"{pyproject}: {key}: a domain's name becomes a schema and a Python package: "
            "use lower-case letters, digits and underscores, and no keyword"
        )
    table = _table(pyproject, key, value)
    _refuse_unknown(pyproject, key, table, DomainTable)
    paths = {entry: root / _path(pyproject, key, table, entry) for entry in _PATHS}
    for entry in ("sql", "queries"):
        if not paths[entry].is_dir():
            raise ProjectError(
                f"{pyproject}: {key}.{entry}: {table[entry]!r} is not a directory; create it, "
                "or name the one that holds the files"
            )
    return DomainFiles(
        name=name,
        root=root,
        **paths,
        hot=_names(pyproject, key, table, "hot", "table names"),
        scopes=_scopes(pyproject, f"{key}.scopes", table.get("scopes", {})),
        bench=_bench(pyproject, f"{key}.bench", table.get("bench", {})),
    )


def _path(pyproject: Path, key: str, table: dict[str, object], entry: str) -> str:
    value = table.get(entry)
    if value is None:
        raise ProjectError(
            f"{pyproject}: {key}.{entry} is missing; give a path relative to the project"
        )
    if not isinstance(value, str) or not value:
        raise ProjectError(f"{pyproject}: {key}.{entry} must be a path in quotes, not {value!r}")
    return value


def _names(
    pyproject: Path, key: str, table: dict[str, object], entry: str, what: str
) -> tuple[str, ...]:
    value = table.get(entry, [])
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise ProjectError(
            f"{pyproject}: {key}.{entry} must be a list of {what} in quotes, not {value!r}"
        )
    return tuple(value)


def _bench(pyproject: Path, key: str, value: object) -> BenchSettings:
    table = _table(pyproject, key, value)
    _refuse_unknown(pyproject, key, table, BenchTable)
    params = _table(pyproject, f"{key}.params", table.get("params", {}))
    return BenchSettings(
        params=tuple(
            (name, _written(pyproject, f"{key}.params.{name!r}", given))
            for name, given in params.items()
        ),
        skip=_names(pyproject, key, table, "skip", "queries' names"),
    )


def _written(pyproject: Path, key: str, value: object) -> tuple[str, ...]:
    """One value or several, as PostgreSQL writes them."""
    values = value if isinstance(value, list) else [value]
    for item in values:
        if not isinstance(item, str | int | float | dt.date | dt.time):
            raise ProjectError(
                f"{pyproject}: {key} must be a value, or a list of values that calls take in turn; "
                "write what TOML has no word for in quotes, as PostgreSQL does"
            )
    if not values:
        raise ProjectError(f"{pyproject}: {key} is an empty list: give one value at least")
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in values)


def _scopes(pyproject: Path, key: str, value: object) -> tuple[DeclaredScope, ...]:
    return tuple(
        _scope(pyproject, f"{key}.{name}", name, scope)
        for name, scope in _table(pyproject, key, value).items()
    )


def _scope(pyproject: Path, key: str, name: str, value: object) -> DeclaredScope:
    if not SCOPE_NAME.fullmatch(name):
        raise ProjectError(
            f"{pyproject}: {key}: a scope's name becomes part of a method's, for_{name}: use "
            "lower-case letters, digits and underscores"
        )
    table = _table(pyproject, key, value)
    _refuse_unknown(pyproject, key, table, ScopeTable)
    role = table.get("role")
    if role is not None and (not isinstance(role, str) or not role):
        raise ProjectError(f"{pyproject}: {key}.role must be a role's name, not {role!r}")
    settings = _table(pyproject, f"{key}.settings", table.get("settings", {}))
    if role is None and not settings:
        raise ProjectError(f"{pyproject}: {key}: a scope has a role, settings, or both")
    parameters: set[str] = set()
    for setting, type_ in settings.items():
        where = f"{pyproject}: {key}.settings.{setting!r}"
        if not SETTING_NAME.fullmatch(setting):
            raise ProjectError(
                f"{where}: a setting of your own has two parts, such as {name}.user_id, of "
                "lower-case letters, digits and underscores; quote it in TOML"
            )
        if type_ not in SETTING_TYPES:
            raise ProjectError(
                f"{where}: {type_!r} is not a type of a setting; there is "
                + ", ".join(SETTING_TYPES)
            )
        parameter = setting.rpartition(".")[2]
        if parameter in parameters or keyword.iskeyword(parameter) or parameter == "self":
            raise ProjectError(f"{where}: {parameter} cannot be the name of another parameter")
        parameters.add(parameter)
    return DeclaredScope(name, role, tuple((name, str(type_)) for name, type_ in settings.items()))


def _table(pyproject: Path, key: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ProjectError(f"{pyproject}: {key} must be a table, not {value!r}")
    return value


def _refuse_unknown(
    pyproject: Path, key: str, table: dict[str, object], kind: type[Struct]
) -> None:
    known = kind.__struct_fields__
    for entry in table:
        if entry not in known:
            raise ProjectError(
                f"{pyproject}: {key}.{entry} is not a key; {suggestion(entry, known)}"
            )


def _no_domain(name: str, known: Iterable[str], what: str) -> str:
    return f"{what} {name!r}; {suggestion(name, list(known))}"


def suggestion(word: str, known: Sequence[str]) -> str:
    """What a word in the configuration was probably meant to be, or else what it can be."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known)}"
