from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="kind",
            field=models.CharField(
                choices=[
                    ("orders_csv", "Orders as CSV"),
                    ("orders_xlsx", "Orders as Excel workbook (XLSX)"),
                    ("my_data", "Your account and orders (ZIP with JSON and CSV)"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["updated_at"], name="export_by_change"),
        ),
    ]
