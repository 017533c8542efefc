"""Writes a schema as one SQL file, from the live catalog."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrepo import embedded
from pgrepo.errors import EmbeddedServerError, MigrationError
from pgrepo.operate.migrate.session import conninfo, open_session
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg.rows import TupleRow

    from pgrepo.operate.migrate.session import Target

# The extensions that the objects of a schema use: types, operator classes, functions.
_EXTENSIONS = """
WITH member AS (
    SELECT depend.classid, depend.objid, depend.refobjid AS extension_id
    FROM pg_catalog.pg_depend AS depend
    WHERE
        depend.refclassid = 'pg_catalog.pg_extension'::regclass
        AND depend.deptype = 'e'
)

SELECT DISTINCT extension.extname, namespace.nspname
FROM member
JOIN pg_catalog.pg_depend AS used_by
    ON used_by.refclassid = member.classid AND used_by.refobjid = member.objid
JOIN pg_catalog.pg_extension AS extension ON extension.oid = member.extension_id
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = extension.extnamespace
CROSS JOIN LATERAL pg_catalog.pg_identify_object(used_by.classid, used_by.objid, 0) AS owner
WHERE
    extension.extname <> 'plpgsql'  -- every database has it
    AND (
        owner.schema = %(schema)s
        OR (
            used_by.classid = 'pg_catalog.pg_attrdef'::regclass
            AND owner.identity LIKE '%%' || quote_ident(%(schema)s) || '.%%'
        )
    )
ORDER BY extension.extname
"""

_PARTITIONS = """
SELECT format('%%I.%%I', namespace.nspname, class.relname)
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE
    class.relispartition
    AND class.relkind IN ('r', 'p', 'f')
    AND namespace.nspname = %(schema)s
ORDER BY class.relname
"""
_IS_PARTITIONED = """
SELECT count(*) > 0
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE
    class.relkind = 'p'
    AND NOT class.relispartition
    AND namespace.nspname = %(schema)s
"""
# Said whether or not there are any, so that equal schemas give equal text.
_NO_PARTITIONS = (
    "-- Without partitions, which come and go with the data: make those that are wanted."
)

# What differs from one run, or one build of pg_dump, to the next. Looked for above the first
# object alone: below, a line may be part of a function's body.
_FIRST_OBJECT = re.compile(r"^--\n-- (?:Data for )?Name: ", re.MULTILINE)
_VOLATILE = re.compile(
    r"^(?:\\restrict |-- Dumped |-- PostgreSQL |SET transaction_timeout ).*\n", re.MULTILINE
)
_EMPTY_COMMENT = re.compile(r"^--\n", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_TAIL = re.compile(
    r"(?:^--\n-- PostgreSQL database dump complete\n--\n|^\\unrestrict .*\n|\n)+\Z", re.MULTILINE
)


def dump(target: Target, domain: DomainFiles | str) -> str:
    """Returns SQL that recreates the domain's schema as the database has it now.

    Equal schemas give equal text. Owners are left out, and so are the data and partitions.
    """
    name = domain.name if isinstance(domain, DomainFiles) else domain
    with open_session(target) as session:
        if session.value("SELECT to_regnamespace(quote_ident(%(name)s))", {"name": name}) is None:
            raise MigrationError(
                f"the database has no schema {name}: run `pgrepo migrate {name}` first"
            )
        program = _pg_dump(session.connection.info.server_version // 10000)
        extensions = session.rows(_EXTENSIONS, {"schema": name})
        is_partitioned = session.value(_IS_PARTITIONED, {"schema": name})
        partitions = [row[0] for row in session.rows(_PARTITIONS, {"schema": name})]
    text = _clean(_run(program, conninfo(target), name, partitions))
    if name == "public":  # which a new database has already
        text = text.replace("CREATE SCHEMA public;", "CREATE SCHEMA IF NOT EXISTS public;", 1)
    if is_partitioned:
        text = f"{_NO_PARTITIONS}\n\n{text}"
    return _with_extensions(name, extensions, text)


def _with_extensions(schema: str, extensions: list[TupleRow], text: str) -> str:
    """Puts the extensions that the schema needs before it, or those that lie in it after it."""
    before = [f"-- The schema {schema}, as pgrepo dump found it in the database.", ""]
    inside = []
    for extension, namespace in extensions:
        create = f"CREATE EXTENSION IF NOT EXISTS {_quoted(extension)} WITH SCHEMA "
        if namespace == schema:
            inside.append(f"{create}{_quoted(namespace)};\n")
            continue
        if namespace not in ("public", "pg_catalog"):
            before.append(f"CREATE SCHEMA IF NOT EXISTS {_quoted(namespace)};")
        before.append(f"{create}{_quoted(namespace)};")
    if inside:
        made = "IF NOT EXISTS public" if schema == "public" else _quoted(schema)
        schema_line = f"CREATE SCHEMA {made};\n"
        text = text.replace(schema_line, f"{schema_line}\n{''.join(inside)}", 1)
    return "\n".join(before).rstrip() + "\n\n" + text


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _pg_dump(server_major: int) -> Path | str:
    """Finds a pg_dump that is not older than the server, as it demands."""
    found = shutil.which("pg_dump")
    if found is not None:
        said = subprocess.check_output([found, "--version"], text=True)
        version = re.search(r"\d+", said)
        if version is not None and int(version[0]) >= server_major:
            return found
    try:
        if server_major <= embedded.MAJOR:
            return embedded.binaries() / "pg_dump"
    except EmbeddedServerError:
        pass
    raise MigrationError(
        f"no pg_dump of version {server_major} or later: install PostgreSQL's client programs "
        "and put them into the PATH"
    )


def _run(program: Path | str, target: str, schema: str, left_out: list[str]) -> str:
    # The password goes by the environment, for everybody may read a command line.
    parameters = {key: str(value) for key, value in conninfo_to_dict(target).items()}
    environment = dict(os.environ)
    if password := parameters.pop("password", None):
        environment["PGPASSWORD"] = password
    pattern = '"' + schema.replace('"', '""') + '"'
    result = subprocess.run(
        [
            program,
            "--schema-only",
            "--no-owner",
            "--encoding=UTF8",
            f"--schema={pattern}",
            *(f"--exclude-table={_pattern(table)}" for table in left_out),
            f"--dbname={make_conninfo('', **parameters)}",
        ],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if result.returncode != 0:
        raise MigrationError(f"pg_dump failed: {result.stderr.strip()}")
    return result.stdout


def _pattern(table: str) -> str:
    """A table's name, quoted where SQL needs it, as a pattern that matches nothing else."""
    # Unquoted, $ would be of a regular expression.
    parts = re.findall(r'"(?:[^"]|"")*"|[^.]+', table)
    return ".".join(part if part.startswith('"') else f'"{part}"' for part in parts)


def _clean(text: str) -> str:
    first = _FIRST_OBJECT.search(text)
    at = len(text) if first is None else first.start()
    head = _EMPTY_COMMENT.sub("", _VOLATILE.sub("", text[:at]))
    return _BLANK_LINES.sub("\n\n", head).strip() + "\n\n" + _TAIL.sub("\n", text[at:])
