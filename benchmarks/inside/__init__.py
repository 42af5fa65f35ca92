"""What runs in the environment of an engine under measurement."""
