"""What can go wrong with a backup; the texts are made for people."""


class BackupFailed(Exception):
    """There is no backup, or it could not be read back."""


class RestoreRefused(Exception):
    """The database is as it was."""
