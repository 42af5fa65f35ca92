"""Exports: where their files lie, how long, and in what chunks they are written."""

from typing import Any

from config.settings.env import BASE_DIR, env
from config.settings.files import STORAGES


def storage(bucket: str, folder: str) -> dict[str, Any]:
    """The storage of exports: a bucket of S3's kind where one is named, or else a folder.

    What the bucket needs beside its name (keys, region, address) boto3 reads from `AWS_…`.
    """
    if not bucket:
        return {
            "BACKEND": "exports.storage.PrivateFolder",
            "OPTIONS": {"location": str(BASE_DIR / folder)},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        # No file replaces another, and no link but the shop's own leads to one.
        "OPTIONS": {"bucket_name": bucket, "default_acl": "private", "file_overwrite": False},
    }


STORAGES["exports"] = storage(
    env.text("EXPORT_BUCKET"), env.text("EXPORT_FOLDER", default="var/exports")
)

# Rows that are read, written and committed together: what a killed worker costs.
EXPORT_CHUNK_ROWS = env.number("EXPORT_CHUNK_ROWS", default=2000, at_least=1)

# How long a file is kept, and how long a link to it works that somebody may have passed on.
EXPORT_KEEP_DAYS = env.number("EXPORT_KEEP_DAYS", default=7, at_least=1)
EXPORT_LINK_SECONDS = env.number("EXPORT_LINK_SECONDS", default=600, at_least=1)

# How many of one user's exports may be on their way at once.
EXPORT_MOST_AT_ONCE = env.number("EXPORT_MOST_AT_ONCE", default=2, at_least=1)
