"""Sums of waits and durations beside their histograms, and rollups of all tasks together.

What was counted before has no sum: it begins with 0, and holds what ends from now on. Rollups of
all tasks are made of those that are there.
"""

import datetime
import json
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NONE = datetime.timedelta()
BATCH = 500
COUNTS = ("successful", "failed", "cancelled")
SPAN = attrgetter("size", "starts_at")


def add_up(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the rollups of all tasks: one for each minute and each hour that is counted."""
    rollup, overall = apps.get_model("tasks", "Rollup"), apps.get_model("tasks", "Overall")
    database = schema_editor.connection.alias
    rows = rollup.objects.using(database).order_by("size", "starts_at")
    made: list[Any] = []
    for (size, starts_at), together in groupby(rows.iterator(), key=SPAN):
        made.append(overall(size=size, starts_at=starts_at, **_sums(list(together))))
    overall.objects.using(database).bulk_create(made, batch_size=BATCH)


def _sums(rows: list[Any]) -> dict[str, Any]:
    return {
        **{name: sum(getattr(row, name) for row in rows) for name in COUNTS},
        **{name: _histograms(rows, name) for name in ("waits", "durations")},
        "queues": _by_queue(rows),
    }


def _by_queue(rows: list[Any]) -> str:
    counts: dict[str, list[int]] = {}
    for row in rows:
        before = counts.get(row.queue, [0, 0, 0])
        counts[row.queue] = [
            count + getattr(row, name) for count, name in zip(before, COUNTS, strict=True)
        ]
    return json.dumps(counts, separators=(",", ":"))


def _histograms(rows: list[Any], name: str) -> str:
    histograms = [json.loads(getattr(row, name)) for row in rows]
    counts = list(map(sum, zip_longest(*histograms, fillvalue=0)))
    return json.dumps(counts, separators=(",", ":"))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_postgresql_storage")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name=name,
                field=models.DurationField(db_default=NONE, default=NONE, verbose_name=verbose),
            )
            for model in ("rollup", "total")
            for name, verbose in (("waited", "waited in all"), ("lasted", "lasted in all"))
        ),
        migrations.CreateModel(
            name="Overall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "successful",
                    models.PositiveIntegerField(default=0, verbose_name="successful"),
                ),
                ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("cancelled", models.PositiveIntegerField(default=0, verbose_name="cancelled")),
                ("waits", models.TextField(verbose_name="waits")),
                ("durations", models.TextField(verbose_name="durations")),
                (
                    "waited",
                    models.DurationField(
                        db_default=NONE, default=NONE, verbose_name="waited in all"
                    ),
                ),
                (
                    "lasted",
                    models.DurationField(
                        db_default=NONE, default=NONE, verbose_name="lasted in all"
                    ),
                ),
                ("size", models.PositiveSmallIntegerField(verbose_name="span")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("queues", models.TextField(default="{}", verbose_name="by queue")),
            ],
            options={
                "verbose_name": "rollup of all tasks",
                "verbose_name_plural": "rollups of all tasks",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("size", "starts_at"), name="tasks_overall_once")
                ],
            },
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop),
    ]
