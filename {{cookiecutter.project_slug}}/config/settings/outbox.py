"""The outbox: what is done with a mail that may have been sent, and how fast newsletters go out."""

from config.settings.env import env
from tasks.rates import Rate


def rate(text: str) -> str:
    """`text`, when it is a rate."""
    try:
        Rate.parse(text)
    except ValueError as error:
        raise ValueError(f"is {text!r}, which is no rate") from error
    return text


# A worker that dies while it hands a mail over leaves it open whether the server took it. "resend"
# it under the same Message-ID, or "hold" it for a person (see `emails.services`).
EMAIL_WHEN_UNSURE = env.text("EMAIL_WHEN_UNSURE", default="resend")

# At most so many mails of newsletters are handed over in a window: what the mail server, or the
# provider's plan, allows.
NEWSLETTER_RATE = env.parsed("NEWSLETTER_RATE", rate, default="600/m", example="600/m")
