"""The kinds of export there are: which tables, in which format."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from exports.formats import Archive, Delimited, Format, Workbook
from exports.tables import Account, Lines, Orders, Payments, Refunds, Table


class ExportKind(models.TextChoices):
    """What people can ask for."""

    ORDERS_CSV = "orders_csv", _("Orders as CSV")
    ORDERS_XLSX = "orders_xlsx", _("Orders as Excel workbook (XLSX)")
    MY_DATA = "my_data", _("Your account and orders (ZIP with JSON and CSV)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How an export of a kind is made."""

    title: str
    """What its file is called, without a date and an extension."""
    tables: tuple[Table, ...]
    format: Format


RECIPES: dict[ExportKind, Recipe] = {
    ExportKind.ORDERS_CSV: Recipe(title="orders", tables=(Orders(),), format=Delimited()),
    ExportKind.ORDERS_XLSX: Recipe(title="orders", tables=(Orders(),), format=Workbook()),
    ExportKind.MY_DATA: Recipe(
        title="my-data",
        tables=(Account(), Orders(), Lines(), Payments(), Refunds()),
        format=Archive(),
    ),
}

OF_EVERYONE = (ExportKind.ORDERS_CSV, ExportKind.ORDERS_XLSX)
"""The kinds that staff may ask for with the rows of all customers."""
