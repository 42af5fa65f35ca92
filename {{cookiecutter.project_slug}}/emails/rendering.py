"""Writes a mail from its three templates: `emails/<name>.subject.txt`, `.txt` and `.html`."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a mail says, in its two forms."""

    subject: str
    text: str
    html: str


def write(template: str, context: Mapping[str, object], *, language: str = "") -> Letter:
    """Render the templates of that name in the language of who reads it; else in the site's.

    The context is joined by `site_url`, without a slash at its end, and `shop_name`. Raises
    `TemplateDoesNotExist`.
    """
    values = {
        "site_url": settings.SITE_URL.rstrip("/"),
        "shop_name": settings.SHOP_NAME,
        **context,
    }
    # Not that of who causes it, nor a worker's, who has none.
    with override(language or settings.LANGUAGE_CODE):
        subject = render_to_string(f"emails/{template}.subject.txt", values)
        return Letter(
            # A header is one line.
            subject=" ".join(subject.split()),
            # Plain text is not safe as HTML, whatever its template says: the slice is a plain
            # string.
            text=render_to_string(f"emails/{template}.txt", values)[:],
            html=render_to_string(f"emails/{template}.html", values),
        )
