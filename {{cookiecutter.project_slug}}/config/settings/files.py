"""Static files, and what the project writes."""

from typing import Any

from config.settings.base import DEBUG
from config.settings.env import BASE_DIR
from config.settings.reports import BACKUPS_FOLDER

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

MEDIA_ROOT = BASE_DIR / "var" / "media"

# `config.settings.exports` adds the storage of exports.
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Replace it to keep them elsewhere: see docs/backups.md.
    "backups": {
        "BACKEND": "reports.backups.storage.BackupStorage",
        "OPTIONS": {"location": BACKUPS_FOLDER},
    },
    "staticfiles": {
        # Names that hold a hash of the content are cached for ever; `collectstatic` makes them.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
