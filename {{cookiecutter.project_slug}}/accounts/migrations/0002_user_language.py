from django.db import migrations, models

import accounts.languages


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=accounts.languages.choices,
                default=accounts.languages.of_the_site,
                help_text="Mails are written in it.",
                max_length=10,
                verbose_name="language",
            ),
        ),
    ]
