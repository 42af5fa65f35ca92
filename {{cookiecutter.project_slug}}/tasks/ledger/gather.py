"""What the members of a group returned, as one JSON list."""

import uuid
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Length

from tasks.conf import options
from tasks.models import RunGroup, RunStatus, TaskRun

RESULTS_TIMES_ARGUMENTS = 16
"""So many times the limit of a call's arguments is the limit of a group's results."""


class ResultsTooLarge(ValueError):
    """The results of a group take more than an argument may."""


def results_text(group_id: uuid.UUID) -> str:
    """Return the results of a group's members, in order; `null` for those that did not succeed.

    A group among them is a list. Raises `ResultsTooLarge`, before anything large is read.
    """
    limit = RESULTS_TIMES_ARGUMENTS * options().max_argument_bytes
    if _size(group_id) > limit:
        raise ResultsTooLarge(
            f"The results of its group take more than {limit} bytes of JSON. "
            f'Make the step with .si() and read them with GroupResult.get("{group_id}").results()'
        )
    return _text(group_id)


def _size(group_id: uuid.UUID) -> int:
    """Return the length of the text, or a little less: what stands for no result is not counted."""
    runs = TaskRun.objects.filter(group_id=group_id, status=RunStatus.SUCCESSFUL)
    total: dict[str, Any] = runs.aggregate(size=Sum(Length("return_value") + 1))
    return int(total["size"] or 0) + sum(_size(inner) for _, inner in _groups_in(group_id))


def _text(group_id: uuid.UUID) -> str:
    texts = {position: _text(inner) for position, inner in _groups_in(group_id)}
    runs = TaskRun.objects.filter(group_id=group_id)
    for position, status, value in runs.values_list("position", "status", "return_value"):
        texts[position or 0] = value if status == RunStatus.SUCCESSFUL and value else "null"
    return f"[{','.join(texts[position] for position in sorted(texts))}]"


def _groups_in(group_id: uuid.UUID) -> list[tuple[int, uuid.UUID]]:
    inner = RunGroup.objects.filter(outer_id=group_id)
    return [(position or 0, id_) for position, id_ in inner.values_list("position", "pk")]
