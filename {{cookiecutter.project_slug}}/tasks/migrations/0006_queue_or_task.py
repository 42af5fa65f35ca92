"""What a gate is called on pages. Changes no table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0005_listed")]

    operations = [
        migrations.AlterModelOptions(
            name="gate",
            options={
                "permissions": [
                    ("pause_gate", "Can pause and resume queues and tasks"),
                    ("limit_gate", "Can limit queues"),
                ],
                "verbose_name": "queue or task",
                "verbose_name_plural": "queues and tasks",
            },
        ),
    ]
