"""What tests of newsletters stand on."""

from emails.tests.conftest import server

__all__ = ["server"]
