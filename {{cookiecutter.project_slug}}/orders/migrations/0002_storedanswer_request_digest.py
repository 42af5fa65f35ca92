from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedanswer",
            name="request_digest",
            field=models.CharField(
                blank=True,
                default="",
                help_text="SHA-256 of the request's body. Answers of an earlier version have none.",
                max_length=64,
                verbose_name="request digest",
            ),
        ),
    ]
