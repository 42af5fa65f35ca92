"""Dramatiq by itself, with Redis: no row, and no result."""
