"""huey with its tasks in SQLite."""
