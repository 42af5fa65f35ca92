#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

MISCONFIGURED = 2
"""The exit code where a setting is wrong."""


def main() -> None:
    """Run a command; a setting that is wrong ends it with one sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
        # A check may find what the settings themselves cannot see.
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(MISCONFIGURED)


if __name__ == "__main__":
    main()
