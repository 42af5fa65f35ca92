"""Production says where its Redis is; whatever needs none goes without."""

from pathlib import Path

import pytest

from tests.test_settings import PRODUCTION, manage

UNSAID = PRODUCTION | {"REDIS_URL": ""}


@pytest.mark.parametrize("command", ["worker", "migrate"])
def test_production_does_not_start_where_nobody_has_said_where_redis_is(command: str) -> None:
    refused = manage(command, **UNSAID)

    assert refused.returncode == 1
    assert "(tasks.E002) REDIS_URL is not set" in refused.stderr
    assert "HINT: Name it: REDIS_URL=redis://:password@host:6379/0" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_address_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PRODUCTION["REDIS_URL"])

    passed = manage("check", **UNSAID, REDIS_URL_FILE=str(tmp_path / "secret"))

    assert passed.returncode == 0, passed.stderr


def test_an_image_is_built_and_development_goes_on_without_it() -> None:
    for passed in (
        manage("collectstatic", "--no-input", "--dry-run", **UNSAID),
        manage("check", **UNSAID, DEBUG="true"),
    ):
        assert passed.returncode == 0, passed.stderr
