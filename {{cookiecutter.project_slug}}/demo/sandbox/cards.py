"""The sandbox's cards: the token says what goes wrong, as the test cards of real providers do.

What goes wrong goes wrong at the first call of a key. The next one finds all well, and what the
first call did is not done again.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OK: Final = "tok_ok"
DECLINED: Final = "tok_declined"
SLOW: Final = "tok_slow"
BUSY: Final = "tok_busy"
CONFLICT: Final = "tok_conflict"
TIMEOUT_BEFORE: Final = "tok_timeout_before"
TIMEOUT_AFTER: Final = "tok_timeout_after"
ERROR_BEFORE: Final = "tok_error_before"
ERROR_AFTER: Final = "tok_error_after"
RESET_BEFORE: Final = "tok_reset_before"
RESET_AFTER: Final = "tok_reset_after"
REFUND_LOST: Final = "tok_refund_lost"
REFUND_REFUSED: Final = "tok_refund_refused"


class Trouble(Enum):
    """What a caller is answered instead of the truth."""

    BUSY = auto()
    """503: nothing was done, come back later."""
    CONFLICT = auto()
    """409: another call with this key is being answered."""
    ERROR = auto()
    """500: nobody knows what was done."""
    SILENCE = auto()
    """Nothing, until the caller gives up."""
    RESET = auto()
    """The connection is torn down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the sandbox treats a card."""

    label: str | Promise
    before: Trouble | None = None
    """At the first call, instead of charging."""
    after: Trouble | None = None
    """At the first call, after the money was taken."""
    slow: bool = False
    declines: str = ""
    """Why the card is refused, if it is."""
    refund_after: Trouble | None = None
    """At the first call for a refund, after the money was given back."""
    refund_declines: str = ""
    """Why a refund is refused, if it is."""


BEHAVIOURS: Final[dict[str, Behaviour]] = {
    OK: Behaviour(label=_("Good card")),
    DECLINED: Behaviour(
        label=_("Card that is declined"), declines="The card has insufficient funds."
    ),
    SLOW: Behaviour(label=_("Card of a slow bank"), slow=True),
    BUSY: Behaviour(label=_("Good card, while the bank is busy at first"), before=Trouble.BUSY),
    CONFLICT: Behaviour(
        label=_("Good card, whose bank still thinks about the first call"), before=Trouble.CONFLICT
    ),
    TIMEOUT_BEFORE: Behaviour(
        label=_("Good card, whose first charge times out and is not made"), before=Trouble.SILENCE
    ),
    TIMEOUT_AFTER: Behaviour(
        label=_("Good card, whose first charge times out and is made"), after=Trouble.SILENCE
    ),
    ERROR_BEFORE: Behaviour(
        label=_("Good card, whose first charge ends in an error and is not made"),
        before=Trouble.ERROR,
    ),
    ERROR_AFTER: Behaviour(
        label=_("Good card, whose first charge ends in an error and is made"), after=Trouble.ERROR
    ),
    RESET_BEFORE: Behaviour(
        label=_("Good card, whose first charge is lost on the way"), before=Trouble.RESET
    ),
    RESET_AFTER: Behaviour(
        label=_("Good card, whose first answer is lost on the way"), after=Trouble.RESET
    ),
    REFUND_LOST: Behaviour(
        label=_("Good card, whose refund is made and not answered"), refund_after=Trouble.RESET
    ),
    REFUND_REFUSED: Behaviour(
        label=_("Good card, whose refund is refused"),
        refund_declines="The card was closed meanwhile.",
    ),
}

UNKNOWN: Final = Behaviour(label="", declines="No such card.")


def behaviour(token: str) -> Behaviour:
    """Return how a card is treated; one that nobody knows is declined."""
    return BEHAVIOURS.get(token, UNKNOWN)
