"""What editors and CI are told to do: done."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft7Validator

from pgrepo.settings import schema
from tests.pages import blocks_of, fragment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Invoke
    from tests.integration.conftest import Walk

CONFIGURATION = "docs/reference/configuration.md"
CHECK = "docs/how-to/check-before-a-commit.md"


def workflow() -> tuple[dict[str, Any], dict[str, Any]]:
    """The page's workflow, and what it adds to the job for a server of one's own."""
    files, server = (block.text for block in blocks_of(CHECK)[2:4])
    # YAML 1.1 takes `on` for a boolean.
    return yaml.load(files, yaml.BaseLoader), yaml.load(server, yaml.BaseLoader)  # noqa: S506


def test_workflow(walk: Walk, server_url: str) -> None:
    """It is a workflow, and all that it runs ends well in a new project."""
    whole, server = workflow()
    assert whole.keys() == {"name", "on", "jobs"}
    [job] = whole["jobs"].values()
    assert {"runs-on", "steps"} == job.keys()
    assert {"services", "env"} == server.keys()
    assert server["env"].keys() == {"DATABASE_URL", "TEST_DATABASE_URL"}
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == ["pip install -e '.[dev]'", "pgrepo check --format github", "pytest"]
    # What is installed is what runs this; the job's own variables name the tests' server.
    walk.environment |= dict.fromkeys(server["env"], server_url)
    walk.begin_project()
    walk.run(CHECK, "".join(f"$ {command}\n" for command in runs[1:]))


def test_schema_for_an_editor(invoke: Invoke, project: Path) -> None:
    """The schema is where the first line of pyproject.toml says, and suits the project."""
    shown = fragment(CONFIGURATION, "$ pgrepo schema")
    command = re.fullmatch(r"\$ pgrepo (schema) > (\S+)\n", shown)
    assert command is not None
    assert fragment(CONFIGURATION, "#:schema") == f"#:schema ./{command[2]}\n"
    printed = json.loads(invoke(command[1]).out)
    Draft7Validator.check_schema(printed)
    assert printed == json.loads(json.dumps(schema()))
    assert json.loads(invoke("schema", "--partial").out) == json.loads(
        json.dumps(schema(partial=True))
    )
    (project / "pyproject.toml").write_text(
        f"#:schema ./{command[2]}\n{(project / 'pyproject.toml').read_text()}"
    )
    assert invoke("status").status == 0
