"""Background tasks: every run is a row in the database, whatever engine wakes the worker."""
