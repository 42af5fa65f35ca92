"""How rows become a file: a part for each chunk of them, and the parts put together."""

from exports.formats.archive import Archive
from exports.formats.base import Format, Parts
from exports.formats.delimited import Delimited
from exports.formats.workbook import Workbook

__all__ = ["Archive", "Delimited", "Format", "Parts", "Workbook"]
