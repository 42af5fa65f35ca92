"""An app that only tests install: tasks that misbehave in every way, and a table for effects."""
