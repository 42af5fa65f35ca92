"""`manage.py prodserver web|worker|timer`: what a supervisor starts."""

from typing import Any

from django_prodserver.management.base import BaseProcessCommand


class Command(BaseProcessCommand):
    """Starts any of `PRODUCTION_PROCESSES`.

    The package's own command of this name starts servers only, and is on its way out.
    """

    help = "Starts a process of PRODUCTION_PROCESSES, with the options of the settings."
    process_label = "process"

    def start_process(self, process_name: str, *args: Any, **options: Any) -> None:
        """Look at the settings, then become the process. Raises SystemCheckError."""
        self.check()
        super().start_process(process_name, *args, **options)
