"""The outbox: what is done with a mail that may have been sent."""

from config.settings.env import env

# A worker that dies while it hands a mail over leaves it open whether the server took it. "resend"
# it under the same Message-ID, or "hold" it for a person (see `emails.services`).
EMAIL_WHEN_UNSURE = env.text("EMAIL_WHEN_UNSURE", default="resend")
