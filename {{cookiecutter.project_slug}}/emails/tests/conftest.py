"""What tests of mails stand on."""

import pytest

from emails.tests.witness import Witness


@pytest.fixture
def server(mail_server: Witness) -> Witness:
    """A mail server to which all mail of the test goes."""
    return mail_server
