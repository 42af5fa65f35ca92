"""Procrastinate: jobs in PostgreSQL, woken by NOTIFY."""
