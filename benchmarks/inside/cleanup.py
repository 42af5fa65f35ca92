"""Time checkouts while half a million old rows are cleaned up.

    cd PROJECT
    export DATABASE_URL=postgres://… PYTHONPATH=TEMPLATE
    export DEBUG=false DEMO=true ALLOWED_HOSTS=localhost
    uv run python -m benchmarks.inside.cleanup [ROWS] [A_SECOND]

Checkouts come at a steady rate, and each counts from the moment it was due: one that has to wait
for the one before it is late as well. They are timed without and with `manage.py cleanup` beside
them, in turns; the rows are made anew for each turn. Works in a database of its own, whose name
begins with `test_`, and removes it.
"""

import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import batched
from urllib.parse import urlsplit

import django
from django.db import connection
from django.utils import timezone

ROWS, A_SECOND = 500_000, 50
TURNS = 3
SECONDS = 30
THREADS = 16
CARD = "tok_ok"

SESSIONS = """
INSERT INTO django_session (session_key, session_data, expire_date)
SELECT md5(random()::text || number), repeat('x', 200), now() - number * interval '1 second'
FROM generate_series(1, %(count)s) AS number
"""
MAILS_AT_ONCE = 5_000


def main(rows: int = ROWS, a_second: int = A_SECOND) -> None:
    """Measure in turns, and print a line for each."""
    django.setup()
    if connection.vendor != "postgresql":
        sys.exit("This is measured on PostgreSQL: set DATABASE_URL.")
    name = connection.settings_dict["NAME"]
    test_name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    parts = urlsplit(os.environ["DATABASE_URL"])
    os.environ["DATABASE_URL"] = parts._replace(path=f"/{test_name}").geturl()
    try:
        _measure(rows, a_second)
    finally:
        connection.close()
        connection.close_pool()
        connection.creation.destroy_test_db(name, verbosity=0)


def _measure(rows: int, a_second: int) -> None:
    checkout = _checkout()
    _timed(checkout, a_second, seconds=5)
    ratios = []
    for turn in range(TURNS):
        alone = _timed(checkout, a_second, seconds=SECONDS)
        _fill(rows)
        beside = _beside_a_cleaner(checkout, a_second, rows)
        ratios.append(_p99(beside) / _p99(alone))
        print(f"turn {turn + 1}: alone {_numbers(alone)}; beside the cleaner {_numbers(beside)};")
        seconds = len(beside) / a_second
        print(f"    {rows:,} rows in {seconds:.0f} s; p99 x {ratios[-1]:.2f}", flush=True)
    print(f"p99 beside the cleaner, of that alone: median {statistics.median(ratios):.2f}")


def _beside_a_cleaner(checkout: Callable[[], None], a_second: int, rows: int) -> list[float]:
    command = [sys.executable, "manage.py", "cleanup", "sessions", "sent mail"]
    cleaner = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # In a worker it need not start first: what that costs is not counted.
    while _left() == rows and cleaner.poll() is None:
        time.sleep(0.1)
    taken = _timed(checkout, a_second, while_=lambda: cleaner.poll() is None)
    if cleaner.returncode or _left():
        raise RuntimeError("The cleaner did not do its work.")
    return taken


def _checkout() -> Callable[[], None]:
    from accounts.models import User
    from orders.checkout import place_order
    from orders.models import Product

    user = User.objects.create(email="benchmark@example.com")
    products = [
        Product.objects.create(name=f"Mug {n}", slug=f"mug-{n}", price=1250) for n in range(20)
    ]

    def checkout() -> None:
        key = uuid.uuid4()
        product = products[key.int % len(products)]
        place_order(user=user, quantities={product.pk: 1}, payment_token=CARD, key=str(key))

    return checkout


def _fill(rows: int) -> None:
    from emails.models import Email

    half = rows // 2
    sent_at = timezone.now() - timedelta(days=366)
    mails = (
        Email(
            key=f"old:{number}",
            to="reader@example.com",
            subject="An old one",
            text="x" * 500,
            html="x" * 1500,
            state="sent",
            created_at=sent_at - timedelta(seconds=number),
            sent_at=sent_at - timedelta(seconds=number),
        )
        for number in range(half)
    )
    for some in batched(mails, MAILS_AT_ONCE):
        Email.objects.bulk_create(some)
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, {"count": half})
        cursor.execute("VACUUM ANALYZE django_session")
        cursor.execute("VACUUM ANALYZE emails_email")
        cursor.execute("CHECKPOINT")


def _left() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM django_session) + (SELECT count(*) FROM emails_email)"
        )
        return int(cursor.fetchone()[0])


def _timed(
    checkout: Callable[[], None],
    a_second: int,
    *,
    seconds: float = float("inf"),
    while_: Callable[[], bool] = lambda: True,
) -> list[float]:
    """Check out at a steady rate; return the milliseconds that each took from when it was due."""

    def one(due: float) -> float:
        try:
            checkout()
        finally:
            # Back to the pool, as at the end of a request.
            connection.close()
        return (time.perf_counter() - due) * 1000

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(one, due) for due in _dues(a_second, seconds, while_)]
        return [future.result() for future in futures]


def _dues(a_second: int, seconds: float, while_: Callable[[], bool]) -> Iterator[float]:
    began = due = time.perf_counter()
    while due - began < seconds and while_():
        time.sleep(max(0.0, due - time.perf_counter()))
        yield due
        due += 1 / a_second


def _numbers(taken: list[float]) -> str:
    return f"p50 {statistics.median(taken):.1f}, p99 {_p99(taken):.1f}, worst {max(taken):.1f} ms"


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*map(int, sys.argv[1:]))
