"""What needs the shop is taken out of a file, and nothing else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from demo.removal import plan, removing
from demo.removal.pruning import Gone, prune

pytestmark = pytest.mark.once

GONE = Gone({"orders", "reports.daily"}, re.compile(r"/api/orders/|REPORT_RECIPIENTS"))

BEFORE = '''\
"""A module."""

import re
from datetime import timedelta

import untyped  # type: ignore[import-untyped]

from accounts.models import User
from orders.models import Order
from reports import backups, daily

# How long.
DAY = timedelta(days=1)


def order_of(user: User) -> Order:
    return Order.objects.get(user=user)


# Needs what goes.
@decorated(re.compile("x"))
def test_orders() -> None:
    assert order_of(User())


def test_its_address() -> None:
    assert get("/api/orders/")


def test_setting() -> None:
    assert settings.REPORT_RECIPIENTS


def test_late() -> None:
    from orders import saga

    assert saga


def test_backup(user: "User") -> None:
    assert backups.back_up(untyped) > DAY
'''

AFTER = '''\
"""A module."""

from datetime import timedelta

import untyped  # type: ignore[import-untyped]

from accounts.models import User
from reports import backups

# How long.
DAY = timedelta(days=1)


def test_backup(user: "User") -> None:
    assert backups.back_up(untyped) > DAY
'''


def test_what_needs_what_is_gone_goes_and_so_does_what_needs_that() -> None:
    after, went = prune(BEFORE, GONE)

    assert after == AFTER
    assert went == {"order_of", "test_orders", "test_its_address", "test_setting", "test_late"}


def test_a_file_that_needs_nothing_of_it_is_left_as_it_is() -> None:
    assert prune(AFTER, GONE) == (AFTER, set())


def test_the_statement_below_imports_that_went_moves_up_to_those_that_stay() -> None:
    typed = "import re  # type: ignore[import-untyped]\n"
    after, _ = prune(f"{typed}\nfrom orders import stock\n\nA = re.I\nB = stock.C\n", GONE)

    assert after == f"{typed}\nA = re.I\n"


@pytest.mark.parametrize("name", sorted({*plan.GONE, *plan.LINES, *plan.BLOCKS}))
def test_what_the_plan_names_is_there(name: str) -> None:
    assert (Path(settings.BASE_DIR) / name).exists()


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, lines in plan.LINES.items() for line in lines]
)
def test_every_line_of_the_plan_is_found(name: str, line: str) -> None:
    assert re.search(rf"(?m)^{line}$", (Path(settings.BASE_DIR) / name).read_text())


@pytest.mark.parametrize(
    ("name", "block"),
    [(name, block) for name, blocks in plan.BLOCKS.items() for block, _ in blocks],
)
def test_every_block_of_the_plan_is_found(name: str, block: str) -> None:
    assert re.search(block, (Path(settings.BASE_DIR) / name).read_text())


def test_entries_that_lead_nowhere_go_and_other_links_become_text(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    page = tmp_path / "page.md"
    page.write_text(
        "* [Gone](gone.md)\n* [There](there.md)\nSee [this](gone.md) and [that](there.md#x).\n"
    )

    removing.remove_the_shop(tmp_path)

    assert page.read_text() == "* [There](there.md)\nSee this and [that](there.md#x).\n"


def test_nothing_is_removed_where_debug_is_off() -> None:
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("demo", "--remove", "--yes")


def nobody(question: str) -> str:
    raise EOFError(question)


@pytest.mark.parametrize("answer", [lambda _question: "", nobody])
def test_nothing_is_removed_unless_somebody_says_so(
    answer: Callable[[str], str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("demo.management.commands.demo.remove_the_shop", pytest.fail)

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("demo", "--remove")
