"""Makes sessions for tests, old ones and young ones."""

import uuid
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

DAY = timedelta(days=1)


def make_sessions(count: int, *, age: timedelta = DAY) -> list[str]:
    """Make sessions that expired so long ago, one a second before the other; return their keys."""
    expired = timezone.now() - age
    made = Session.objects.bulk_create(
        Session(
            session_key=uuid.uuid4().hex,
            session_data="",
            expire_date=expired - timedelta(seconds=number),
        )
        for number in range(count)
    )
    return [session.session_key for session in made]
