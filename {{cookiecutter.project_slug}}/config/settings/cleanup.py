"""For how many days rows are kept that nobody needs for ever."""

from config.settings.env import env

# The API's answers to idempotency keys. The key itself stays with its order, and the order is
# never placed twice: what is asked again after that is answered with the order as it is then.
STORED_ANSWER_DAYS = env.number("STORED_ANSWER_DAYS", default=7, at_least=1)

# Exports that have failed, were cancelled, or whose file is deleted.
EXPORT_HISTORY_DAYS = env.number("EXPORT_HISTORY_DAYS", default=90, at_least=1)

# Mails that were sent or given up. No shorter than failed runs are kept: a run that is retried
# finds its mail, and sends no second one.
SENT_MAIL_DAYS = env.number("SENT_MAIL_DAYS", default=90, at_least=1)
