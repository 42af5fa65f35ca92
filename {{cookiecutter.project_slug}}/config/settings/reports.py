"""The daily report, and the nightly backup."""

from config.settings.env import BASE_DIR, env

# Who gets the report of orders, revenue and failed tasks, on weekdays at nine.
REPORT_RECIPIENTS = env.words("REPORT_RECIPIENTS", default=[])

# Off unless somebody has decided where they are kept, and that this is the database to back up.
BACKUPS = env.flag("BACKUPS", default=False)
# The same one, in whatever folder a command is started.
BACKUPS_FOLDER = str(BASE_DIR / env.text("BACKUPS_FOLDER", default="var/backups"))
# The newest of each of so many days, weeks and months that have one.
BACKUPS_DAILY = env.number("BACKUPS_DAILY", default=7, at_least=1)
BACKUPS_WEEKLY = env.number("BACKUPS_WEEKLY", default=4, at_least=0)
BACKUPS_MONTHLY = env.number("BACKUPS_MONTHLY", default=6, at_least=0)

# Where they are made, on a disk and not in memory: as much room as one backup takes.
BACKUPS_SCRATCH = BASE_DIR / "var" / "scratch"
