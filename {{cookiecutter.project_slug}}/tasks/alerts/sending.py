"""Brings messages to where `ALERT_URLS` says, by Apprise.

An address may hold a password or a token. It stays within this module: tasks, rows and log lines
name a channel, which is a digest of it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

logger = logging.getLogger("tasks.alerts")


class NotDelivered(Exception):
    """A channel did not take a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """What people read."""

    title: str
    body: str
    is_over: bool = False
    """It is well again: such messages are green where channels have colours, the others red."""


def channels() -> dict[str, str]:
    """Return the configured addresses by the names of their channels."""
    return {hashlib.sha256(url.encode()).hexdigest()[:8]: url for url in settings.ALERT_URLS}


def is_understood(url: str) -> bool:
    """Say whether the address is one that messages can be sent to."""
    # Loading it takes a quarter of a second and 35 MB, which only who sends alerts shall pay.
    from apprise import Apprise

    return Apprise.instantiate(str(url)) is not None


def send(channel: str, message: Message) -> None:
    """Send a message. Raises `NotDelivered`, without the address, when the channel refuses it."""
    url = channels().get(channel)
    if url is None:
        logger.warning("Channel %s is not in ALERT_URLS any more: an alert was dropped", channel)
        return
    from apprise import Apprise, NotifyType  # See above.

    service = Apprise.instantiate(str(url))
    if service is None:
        raise NotDelivered(f"Channel {channel} of ALERT_URLS is none that Apprise understands.")
    kind = NotifyType.SUCCESS if message.is_over else NotifyType.FAILURE
    try:
        delivered = service.notify(
            title=message.title, body=message.body or message.title, notify_type=kind
        )
    except Exception as error:  # noqa: BLE001 - its text may hold the address
        raised = type(error).__qualname__
        raise NotDelivered(f"Channel {channel} failed with {raised}.") from None
    if not delivered:
        raise NotDelivered(
            f"Channel {channel}, a {service.service_name}, did not take the message. "
            "Is its address in ALERT_URLS right, and is it up?"
        )


def send_here(messages: Iterable[Message]) -> None:
    """Send messages from this process, where no worker can; what cannot be sent is logged."""
    for channel in channels():
        for message in messages:
            try:
                send(channel, message)
            except NotDelivered as error:
                logger.error("An alert was not sent: %s", error)
