"""How German pages write what Django would write otherwise: see `config/settings/language.py`."""

DATETIME_FORMAT = "Y-m-d H:i:s"
