"""Writes the mails of a newsletter, one for each subscriber."""

from collections.abc import Iterator

from django.utils.translation import get_language

from emails.models import Email
from emails.rendering import Letter, write
from newsletters.models import Newsletter
from newsletters.subscribers import subscribers, way_out

PLACE = "http://way.out/"
"""Where each reader's own link goes."""


def prefix(newsletter: Newsletter) -> str:
    """Return what the keys of its mails begin with; the reader's number follows."""
    return f"newsletter:{newsletter.pk}:"


def letter(newsletter: Newsletter, *, unsubscribe_url: str, language: str = "") -> Letter:
    """Return what a reader of that language gets who leaves by that address."""
    paragraphs = [part.strip() for part in newsletter.body.replace("\r\n", "\n").split("\n\n")]
    return write(
        "newsletter",
        {
            "newsletter": newsletter,
            "paragraphs": [paragraph for paragraph in paragraphs if paragraph],
            "unsubscribe_url": unsubscribe_url,
        },
        language=language,
    )


def sample(newsletter: Newsletter) -> Letter:
    """Return it as nobody's, in the language of who looks at it."""
    return letter(newsletter, unsubscribe_url=way_out(0), language=get_language() or "")


def letters(newsletter: Newsletter) -> Iterator[Email]:
    """Yield the mails, unsaved. In one language they are the same but for the link, and so written
    once; what a person has written is the same in all of them."""
    written: dict[str, Letter] = {}
    readers = subscribers().order_by("pk").values_list("pk", "email", "language")
    for user_id, address, language in readers.iterator():
        if language not in written:
            written[language] = letter(newsletter, unsubscribe_url=PLACE, language=language)
        common, url = written[language], way_out(user_id)
        yield Email(
            key=f"{prefix(newsletter)}{user_id}",
            to=address,
            subject=common.subject,
            text=common.text.replace(PLACE, url),
            html=common.html.replace(PLACE, url),
            unsubscribe_url=url,
        )
