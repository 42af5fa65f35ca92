"""Ids sort by the time they were made."""

import time
import uuid

from tasks.ids import uuid7


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid7()

    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_an_id_begins_with_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after


def test_later_ids_sort_after_earlier_ones() -> None:
    earlier = [uuid7() for _ in range(100)]
    time.sleep(0.001)
    later = [uuid7() for _ in range(100)]

    assert max(earlier) < min(later)


def test_no_two_ids_are_the_same() -> None:
    made = {uuid7() for _ in range(20_000)}

    assert len(made) == 20_000
