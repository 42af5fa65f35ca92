"""One folder an engine: how its worker is started, its settings, and its no-op tasks."""
