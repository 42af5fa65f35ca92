"""A doorbell is a message of Dramatiq's, with the id of a run and nothing else."""

import uuid

import pytest
from dramatiq import Message
from hypothesis import given
from hypothesis import strategies as st

from tasks import doorbells
from tests.engine.carrier import LANE, NONSENSE

RUN = uuid.UUID(int=7)


def test_dramatiq_reads_what_is_written_without_it() -> None:
    id_, text = doorbells.message("q-mail.high", RUN)

    message: Message[None] = Message.decode(text.encode())

    assert (message.queue_name, message.actor_name) == ("q-mail.high", "q-mail.high")
    assert (message.args, message.kwargs) == ((RUN.hex,), {})
    assert message.options == {"redis_message_id": id_}
    assert doorbells.read("q-mail.high", text.encode()) == (id_, RUN)


@given(st.text(), st.text())
def test_every_queue_has_lanes_of_its_own_that_dramatiq_accepts(one: str, other: str) -> None:
    lanes = doorbells.lanes_of(one)

    assert all(lane.replace("-", "").replace(".", "").replace("_", "").isalnum() for lane in lanes)
    assert (one == other) == bool(lanes.keys() & doorbells.lanes_of(other).keys())


@pytest.mark.parametrize(("priority", "band"), [(1, "high"), (0, "normal"), (-1, "low")])
def test_priorities_are_three_bands(priority: int, band: str) -> None:
    assert doorbells.lane_of("mail", priority) == f"q-mail.{band}"


@pytest.mark.parametrize("name", sorted(NONSENSE.keys() - {"unknown id"}))
def test_what_is_no_doorbell_is_refused_in_words(name: str) -> None:
    text = NONSENSE[name]

    with pytest.raises(doorbells.Malformed, match=r"^(it|its) "):
        doorbells.read(LANE, text.encode() if isinstance(text, str) else text)
