"""What a spreadsheet must not run: text from a table of others that looks like a formula."""

import re

# What a spreadsheet takes for the beginning of a formula, the wide forms of East Asian keyboards
# included (OWASP, "CSV Injection").
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NEGATIVE_NUMBER = re.compile(r"-\d+([.,]\d+)?", re.ASCII)


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet might run the text as a formula. A negative number is only a number."""
    return text.startswith(DANGEROUS) and not NEGATIVE_NUMBER.fullmatch(text)


def neutralised[T](cell: T) -> T | str:
    """Return the cell with an apostrophe before what might be run: it is shown as text then.

    Only text can do harm: what is stored as a number is one.
    """
    return f"'{cell}" if isinstance(cell, str) and is_dangerous(cell) else cell
