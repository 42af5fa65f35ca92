"""The admin's looks."""

UNFOLD = {"SITE_TITLE": "Task Shop"}
