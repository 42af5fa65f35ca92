"""How PostgreSQL stores the two busy tables. Other databases have no such settings."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Every run is updated twice soon after it was inserted, and a worker once a second. Free space in
# each page keeps the new version beside the old one; vacuum comes early and does not dawdle, since
# dead versions are what makes claims slow.
FORWARDS = """
ALTER TABLE tasks_taskrun SET (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE tasks_worker SET (fillfactor = 50, autovacuum_vacuum_threshold = 100);
"""
BACKWARDS = """
ALTER TABLE tasks_taskrun RESET (
    fillfactor,
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_threshold,
    autovacuum_vacuum_cost_delay,
    autovacuum_analyze_scale_factor
);
ALTER TABLE tasks_worker RESET (fillfactor, autovacuum_vacuum_threshold);
"""


def set_storage(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FORWARDS)


def reset_storage(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BACKWARDS)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [migrations.RunPython(set_storage, reset_storage)]
