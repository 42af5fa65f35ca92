"""What a mail server's refusal means for the mail."""

import smtplib
from enum import Enum


class MailRefused(Exception):
    """The mail will never be taken as it is; its row is failed, with the reason."""


class MailHeld(Exception):
    """A mail server may have the mail already; a person decides in the admin what becomes of it."""


class Outdated(Exception):
    """What the mail would say is of no use any more, such as a code that has expired."""


class Verdict(Enum):
    """What an error while sending says about the mail."""

    REFUSED = "refused"
    """It was not taken, and never will be."""
    NOT_NOW = "not now"
    """It was not taken; later it may be."""
    UNSURE = "unsure"
    """It may have been taken."""


# Errors of the way to the server and of the site's own address. They say nothing about this mail,
# even with a code of 500 and above: a setting can be put right while the mail waits.
NOT_ABOUT_THE_MAIL = (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPSenderRefused)


def judge(error: Exception) -> Verdict:
    """Return what an error raised while sending says about the mail."""
    match error:
        case _ if isinstance(error, NOT_ABOUT_THE_MAIL):
            return Verdict.NOT_NOW
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return _by_code(min(codes, default=0))
        case smtplib.SMTPResponseException():
            return _by_code(error.smtp_code)
        case smtplib.SMTPNotSupportedError() | ValueError() | Outdated():
            # An address or a header that cannot be sent, by this server or at all.
            return Verdict.REFUSED
        case _:
            return Verdict.UNSURE


def _by_code(code: int) -> Verdict:
    # RFC 5321 §4.2.1: 5yz is permanent, 4yz is transient; both say that the mail was not taken.
    return Verdict.REFUSED if 500 <= code <= 599 else Verdict.NOT_NOW
