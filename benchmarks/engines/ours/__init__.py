"""This project: its database engine, as baked, in production settings."""
