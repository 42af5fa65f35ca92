"""The demo's course: prepare the database, start the programs, wait, stop them."""

import sys
import time
from http import HTTPStatus

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from demo import address, seed
from demo.check import Check
from demo.console import Console
from demo.processes import Asked, Event, Exited, Processes, Program

ANSWER_WITHIN = 60.0
"""Seconds that the site has to answer after its start."""

INTERRUPTED = 130
"""The exit code that shells expect of a program that was stopped before its work was done."""


class Show:
    """One run of `manage.py demo`."""

    def __init__(self, *, port: int, colour: bool) -> None:
        self.port = port
        self.url = f"http://localhost:{self.port}"
        # Nobody types the bank's address, and two demos may start at the same time.
        bank = address.any_port()
        # The worker first: it has the longest way, for it starts processes of its own.
        self.programs = (
            Program(name="worker", arguments=("worker", "--skip-checks", "--grace", "5")),
            Program(
                name="web",
                arguments=("runserver", "--noreload", "--skip-checks", str(self.port)),
                hidden=('"GET /live/', "Quit the server with"),
            ),
            Program(name="timer", arguments=("timer", "--skip-checks")),
            Program(name="sandbox", arguments=("sandbox",), hidden=('"GET ',)),
        )
        names = ["demo", *(program.name for program in self.programs)]
        self.console = Console(sys.stdout, names=names, colour=colour)
        self.processes = Processes(
            self.console,
            directory=settings.BASE_DIR,
            environment={
                "SITE_URL": self.url,
                "PAYMENT_URL": f"http://{address.HOST}:{bank}",
                "PAYMENT_TIMEOUT_SECONDS": "5",
                "DJANGO_RUNSERVER_HIDE_WARNING": "true",
                "EXPORT_CHUNK_ROWS": "50",
            },
        )

    def run(self) -> None:
        """Run until somebody stops it. Raises `CommandError` when a program ends by itself."""
        with self.processes.listening(), self.processes:
            ended_by = self._open()
            if ended_by is None:
                self._invite()
                ended_by = self.processes.wait()
            self._explain(ended_by)

    def check(self, *, within: float) -> None:
        """Run until all that was seeded has ended well. Raises `CommandError` when it does not."""
        with self.processes.listening(), self.processes:
            ended_by = self._open()
            if ended_by is None:
                check = Check(within=within)
                try:
                    ended_by = check.run(self.processes)
                finally:
                    self.console.write(check.standing.table())
            if isinstance(ended_by, Asked):
                raise CommandError("Stopped before the check was done.", returncode=INTERRUPTED)
            self._explain(ended_by)
        self._say("All orders have ended as they should, and every mail is sent.")

    def _open(self) -> Event | None:
        """Bring everything up; what ended it before the site answered, if anything did."""
        self._say("Preparing the database.")
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        for program in self.programs:
            self.processes.start(program)
        # Planting writes mails, and it does so in this process: their links lead to this site.
        settings.SITE_URL = self.url
        # The programs take a second to start; the goods arrive meanwhile.
        self._say(seed.plant())
        if seed.plant_admin():
            self._say(f"Created the administrator {seed.ADMIN_EMAIL}.")
        return self._wait_for_the_site()

    def _wait_for_the_site(self) -> Event | None:
        started_at = time.monotonic()
        while (status := address.first_page_status(self.port)) is None:
            if time.monotonic() - started_at > ANSWER_WITHIN:
                raise CommandError(f"The site did not answer within {ANSWER_WITHIN:.0f} seconds.")
            ended_by = self.processes.wait(timeout=0.05)
            if ended_by:
                return ended_by
        if status != HTTPStatus.OK:
            raise CommandError(f"{self.url}/ answers with {status}; the web process says why.")
        return None

    def _invite(self) -> None:
        self.console.write(
            f"\n  {self.console.strong('The shop is open: ' + self.url + '/')}\n"
            f"  Admin: {self.url}/admin/  (log in as {seed.ADMIN_LOGIN}, password "
            f"{seed.ADMIN_PASSWORD})\n  Ctrl-C stops everything.\n\n"
        )

    def _explain(self, ended_by: Event | None) -> None:
        match ended_by:
            case Exited():
                raise CommandError(str(ended_by))
            case Asked():
                self._say("Stopping.")

    def _say(self, text: str) -> None:
        self.console.line("demo", text)
