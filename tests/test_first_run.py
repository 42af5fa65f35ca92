"""What a newcomer does: clone, and type what the README says, on a machine with next to nothing."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.template import ROOT, run

COLD_LIMIT = 60  # seconds, with the packages in uv's cache or a quick network
WARM_LIMIT = 15
CONFIRMED_LIMIT = 2


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed: a file that nobody added is missing here, too."""
    folder = tmp_path_factory.mktemp("first run") / "tasks-template"
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, folder, cwd=ROOT)
    return folder


def commands(readme: str) -> list[str]:
    """What the README's first block of shell commands says to type."""
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert block, "the README has no block of shell commands"
    return [line.partition("#")[0].strip() for line in block[1].splitlines() if line.strip()]


def bare_environment() -> dict[str, str]:
    """A home and a PATH with make, git and a Python on it: no settings, no virtual environment."""
    programs = [shutil.which(name) for name in ("make", "git", "python3")]
    folders = [str(Path(program).parent) for program in programs if program]
    kept = {name: os.environ[name] for name in ("HOME", "UV_CACHE_DIR") if name in os.environ}
    path = [folder for folder in folders if not folder.startswith(sys.prefix)]
    return {**kept, "PATH": os.pathsep.join([*path, "/usr/bin", "/bin"])}


def test_the_readme_says_two_commands() -> None:
    assert commands((ROOT / "README.md").read_text("utf-8")) == ["make demo", "make test"]


def test_the_first_command_shows_a_shop_whose_orders_are_done(clone: Path) -> None:
    demo, _ = commands((clone / "README.md").read_text("utf-8"))
    for limit in (COLD_LIMIT, WARM_LIMIT):
        began = time.monotonic()
        said = run(
            *("env", "-i", *(f"{name}={value}" for name, value in bare_environment().items())),
            *(*demo.split(), "CHECK=1"),
            cwd=clone,
        )
        assert "confirmed" in said.lower()
        assert time.monotonic() - began < limit * patience(), said


def test_a_visitor_sees_an_order_confirmed_and_ctrl_c_stops_everything(clone: Path) -> None:
    with subprocess.Popen(
        ["make", "demo"],
        cwd=clone,
        env=bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as terminal:
        assert terminal.stdout
        said = list(until(terminal.stdout, "The shop is open"))
        try:
            [address] = re.findall(r"http://\S+", said[-1])
            seconds = seconds_until_confirmed(address)
        finally:
            # What the keys do: everything that runs in the foreground gets the signal.
            os.killpg(terminal.pid, signal.SIGINT)
        said += terminal.stdout

    assert seconds < CONFIRMED_LIMIT * patience()
    assert "Traceback" not in "".join(said)
    assert running_in(clone) == []


def seconds_until_confirmed(address: str) -> float:
    """Press the button that places an order; return how long the page shows another state."""
    browser = build_opener(HTTPCookieProcessor())
    page = browser.open(address).read().decode()
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    [button] = re.findall(r'formaction="/([^"]+)"[^>]*>Place an order<', page)
    form = urlencode({"csrfmiddlewaretoken": token}).encode()
    answer = browser.open(f"{address}{button}", form).read().decode()
    [customer] = re.findall(r"([\w.+-]+@[\w.-]+) has ordered", answer)
    pressed = time.monotonic()
    state = ""
    while state != "confirmed":
        assert time.monotonic() - pressed < 60, f"the order is {state or 'not shown'}"
        orders = browser.open(f"{address}live/").read().decode().partition("live-orders")[2]
        found = re.search(rf'title="{customer}".*?badge--(\w+)', orders, re.DOTALL)
        state = found[1] if found else ""
        time.sleep(0.05)
    return time.monotonic() - pressed


def until(lines: Iterable[str], wanted: str) -> Iterator[str]:
    """The lines up to the one that holds what is wanted; fails when none does."""
    for line in lines:
        yield line
        if wanted in line:
            return
    pytest.fail(f"nothing said {wanted!r}")


def running_in(folder: Path) -> list[str]:
    """The command lines of the processes that work in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def patience() -> float:
    """How much longer a busy machine may take: this is a test of the steps, not of the machine."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(2.0, 2 * busy)


def test_the_demo_leaves_the_clone_clean(clone: Path) -> None:
    assert run("git", "status", "--porcelain", cwd=clone) == ""
