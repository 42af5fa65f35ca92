"""Celery with a Redis broker: with results in PostgreSQL, and without results."""
