"""The outbox: what is done with a mail that may have been sent, and how fast newsletters go out."""

from config.settings.env import env

# A worker that dies while it hands a mail over leaves it open whether the server took it. "resend"
# it under the same Message-ID, or "hold" it for a person (see `emails.services`).
EMAIL_WHEN_UNSURE = env.text("EMAIL_WHEN_UNSURE", default="resend")

# At most so many mails of newsletters are handed over in a window: what the mail server, or the
# provider's plan, allows.
NEWSLETTER_RATE = env.text("NEWSLETTER_RATE", default="600/m")
