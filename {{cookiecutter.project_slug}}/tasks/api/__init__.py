"""The REST API of the task system, under `/api/tasks/`: what `tasks.service` offers, as JSON."""
