"""ZIP: every table twice, as JSON for programs and as CSV for people."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO

from exports.cells import Row
from exports.formats import delimited
from exports.formats.base import Parts, dump_lines, load_lines


class Archive:
    """Several tables in one file."""

    content_type = "application/zip"
    extension = "zip"

    def part(self, rows: Iterable[Row]) -> bytes:
        """Return the rows as lines of JSON."""
        return dump_lines(rows)

    def assemble(self, tables: Iterable[Parts], file: IO[bytes], *, made_at: datetime) -> None:
        """Write `<table>.json` and `<table>.csv` of all tables."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for parts in tables:
                name = parts.table.name
                with _member(archive, f"{name}.json", made_at) as member:
                    member.writelines(_as_json(parts))
                with _member(archive, f"{name}.csv", made_at) as member:
                    member.write(delimited.head(parts.table))
                    member.writelines(delimited.lines([row]) for row in load_lines(parts.contents))


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, made_at: datetime) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(name, made_at.astimezone(UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    # What a program unpacks, its owner may read.
    info.external_attr = 0o600 << 16
    # How large it will be is not known: it may pass 4 GiB.
    with archive.open(info, "w", force_zip64=True) as member:
        yield member


def _as_json(parts: Parts) -> Iterator[bytes]:
    """Yield a list of objects, one a line."""
    names = [column.name for column in parts.table.columns]
    comma = b"[\n"
    for row in load_lines(parts.contents):
        yield comma + json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False).encode()
        comma = b",\n"
    yield b"[]\n" if comma == b"[\n" else b"\n]\n"
