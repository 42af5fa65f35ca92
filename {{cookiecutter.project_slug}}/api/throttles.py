"""How often somebody may ask, by what is asked for: to read, to write, to enqueue.

Counted in the default cache, a minute at a time. See `docs/api.md` for what that means where the
site is several processes.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

MINUTE = 60

logger = logging.getLogger(__name__)


class ActionThrottle(BaseThrottle):
    """So many requests a minute of each kind, for each user, or for each address without one.

    A view names the kind of a method in `throttle_kinds`; else it is `read` or `write`.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request, and say whether it is one too many."""
        kinds: dict[str, str] = getattr(view, "throttle_kinds", {})
        method = str(request.method)
        kind = kinds.get(method, "read" if method in SAFE_METHODS else "write")
        most = settings.API_RATES[kind]
        minute, second = divmod(int(time.time()), MINUTE)
        self._left = MINUTE - second
        return _count(f"api:{kind}:{self._who(request)}:{minute}") <= most

    def wait(self) -> float | None:
        """Return for how many seconds nothing more of this kind is answered."""
        return self._left

    def _who(self, request: Request) -> str:
        if request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"address:{self.get_ident(request)}"


def _count(key: str) -> int:
    """Add 1 and return the sum; where the cache is away, nobody is refused for it."""
    try:
        # One step of the cache's own: two requests at once are counted as two.
        cache.add(key, 0, timeout=2 * MINUTE)
        return int(cache.incr(key))
    except Exception:
        logger.exception("The cache does not count requests.")
        return 0
