"""The programs of the demo are watched while they run, and none is left when it ends."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

import pytest
from django.conf import settings

from demo.console import Console, wants_colour
from demo.processes import Asked, Exited, Processes, Program

pytestmark = pytest.mark.once

MANAGE = """\
import os, signal, subprocess, sys, time

def speak(text):
    print(text, flush=True)

what = sys.argv[1]
if what == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if what == "parent":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    speak(f"child {child.pid}")
speak(f"ready {os.getpid()}")
if what == "dies":
    sys.exit(7)
time.sleep(60)
"""


STARTER = """\
import pathlib, sys
from demo.console import Console
from demo.processes import Processes, Program

console = Console(sys.stdout, names=["one"], colour=False)
processes = Processes(console, directory=pathlib.Path.cwd())
processes.start(Program(name="one", arguments=("sleeps",)))
processes.wait()
"""


class Terminal(io.StringIO):
    """What was written, and whether it is a terminal."""

    def __init__(self, *, tty: bool = False) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def processes(tmp_path: Path, terminal: Terminal) -> Iterator[Processes]:
    (tmp_path / "manage.py").write_text(MANAGE)
    console = Console(terminal, names=["one", "other"], colour=False)
    path = {"PYTHONPATH": str(settings.BASE_DIR)}
    with Processes(console, directory=tmp_path, environment=path, grace=5.0) as processes:
        yield processes


def said(processes: Processes, terminal: Terminal, name: str, word: str) -> int:
    """Wait until a program says a word, and return the number that follows it."""
    for _ in range(500):
        for line in terminal.getvalue().splitlines():
            speaker, _, text = line.partition("|")
            if speaker.strip() == name and text.strip().startswith(word):
                return int(text.split()[-1])
        assert processes.wait(timeout=0.02) is None
    raise AssertionError(f"{name} did not say {word!r}: {terminal.getvalue()}")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A grandchild that has ended is a zombie until the system's first process reaps it.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pids: Iterable[int]) -> None:
    """A killed process is gone a moment after the signal."""
    for _ in range(500):
        if not any(map(is_alive, pids)):
            return
        time.sleep(0.02)
    raise AssertionError(f"{[pid for pid in pids if is_alive(pid)]} live on")


def test_every_line_stands_behind_the_name_of_who_said_it(
    processes: Processes, terminal: Terminal
) -> None:
    processes.start(Program(name="one", arguments=("sleeps",)))

    said(processes, terminal, "one", "ready")

    assert terminal.getvalue().startswith("one   | ready ")


def test_hidden_lines_are_not_shown(processes: Processes, terminal: Terminal) -> None:
    processes.start(Program(name="one", arguments=("parent",), hidden=("child",)))

    said(processes, terminal, "one", "ready")

    assert "child" not in terminal.getvalue()


def test_a_program_that_ends_by_itself_is_told(processes: Processes) -> None:
    program = Program(name="one", arguments=("dies",))

    processes.start(program)

    event = processes.wait(timeout=10)
    assert event == Exited(program, 7)
    assert "The one process ended unexpectedly, with exit code 7" in str(event)


def test_a_killed_program_is_told_with_its_signal(processes: Processes, terminal: Terminal) -> None:
    program = Program(name="one", arguments=("sleeps",))
    processes.start(program)

    os.kill(said(processes, terminal, "one", "ready"), signal.SIGKILL)

    event = processes.wait(timeout=10)
    assert event == Exited(program, -signal.SIGKILL)
    assert "by signal 9" in str(event)


def test_stopping_ends_every_program_and_what_it_started(
    processes: Processes, terminal: Terminal
) -> None:
    processes.start(Program(name="one", arguments=("parent",)))
    processes.start(Program(name="other", arguments=("sleeps",)))
    pids = [
        said(processes, terminal, "one", "child"),
        said(processes, terminal, "one", "ready"),
        said(processes, terminal, "other", "ready"),
    ]

    processes.stop()

    wait_until_gone(pids)


def test_programs_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "starter.py").write_text(STARTER)
    starter = subprocess.Popen(
        [sys.executable, "starter.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with cast(IO[str], starter.stdout) as lines:
        pid = int(next(lines).split()[-1])

    starter.kill()
    starter.wait()

    wait_until_gone([pid])


def test_a_second_ctrl_c_kills_what_does_not_stop(processes: Processes, terminal: Terminal) -> None:
    processes.start(Program(name="one", arguments=("stubborn",)))
    pid = said(processes, terminal, "one", "ready")

    with processes.listening():
        second = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
        second.start()
        started_at = time.monotonic()
        processes.stop()

    assert time.monotonic() - started_at < 4.0, "it waited for its whole grace time"
    wait_until_gone([pid])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_becomes_an_event(processes: Processes, number: signal.Signals) -> None:
    # Whoever runs the tests may have asked that some be ignored, as nohup does.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with processes.listening():
            os.kill(os.getpid(), number)
            event = processes.wait(timeout=5)
    finally:
        signal.signal(number, before)

    assert event == Asked(number)


def test_the_signals_have_their_old_meaning_afterwards(processes: Processes) -> None:
    before = signal.getsignal(signal.SIGINT)

    with processes.listening():
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


def test_names_are_coloured_only_where_colour_is_wanted() -> None:
    plain, coloured = Terminal(), Terminal()

    Console(plain, names=["web"], colour=False).line("web", "hello")
    Console(coloured, names=["web"], colour=True).line("web", "hello")

    assert plain.getvalue() == "web | hello\n"
    assert coloured.getvalue() == "\x1b[36mweb |\x1b[0m hello\n"


@pytest.mark.parametrize(
    ("tty", "environment", "wanted"),
    [
        (True, {"TERM": "xterm"}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_whose_owner_wants_it(
    monkeypatch: pytest.MonkeyPatch, tty: bool, environment: dict[str, str], wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert wants_colour(Terminal(tty=tty)) is wanted


def test_a_terminal_that_has_gone_away_stops_nobody() -> None:
    read, write = os.pipe()
    os.close(read)

    with os.fdopen(write, "w") as stream:
        console = Console(stream, names=["web"], colour=False)
        console.line("web", "one")
        console.line("web", "two")
