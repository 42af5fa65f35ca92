"""An index of what is listed by its status, and the id in that of the kinds of failure."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0004_sent_forms")]

    operations = [
        migrations.RemoveIndex(model_name="taskrun", name="tasks_run_failed"),
        *(
            migrations.AddIndex(
                model_name="taskrun",
                index=models.Index(
                    fields=["id"],
                    name=f"tasks_run_list_{status.lower()}",
                    condition=models.Q(status=status),
                ),
            )
            for status in ("SCHEDULED", "WAITING", "FAILED", "CANCELLED")
        ),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(
                fields=["fingerprint", "finished_at", "id"],
                name="tasks_run_failed",
                condition=models.Q(status="FAILED"),
            ),
        ),
    ]
