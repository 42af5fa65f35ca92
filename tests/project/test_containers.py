"""The containers of each engine keep their promises, where there is a Docker engine to run them."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import UNTESTED
from tests.template import run


def test_its_containers_keep_their_promises(engine: str, request: pytest.FixtureRequest) -> None:
    if not os.environ.get("TEST_COMPOSE"):
        reason = f"the containers of the {engine} engine: type `make test-compose`"
        request.config.stash[UNTESTED].append(reason)
        pytest.skip(reason)
    assert docker_answers(), "no Docker engine answers: start one, then type `make test-compose`"
    project = request.getfixturevalue("project")

    said = run("make", "test-compose", cwd=project)

    assert " passed" in said
    assert " skipped" not in said


def docker_answers() -> bool:
    """Whether there are a Docker engine and Compose."""
    if not shutil.which("docker"):
        return False
    asked = (["docker", "info"], ["docker", "compose", "version"])
    return all(
        subprocess.run(command, capture_output=True, check=False).returncode == 0
        for command in asked
    )
