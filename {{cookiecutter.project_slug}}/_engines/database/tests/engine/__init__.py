"""What the database engine promises beyond what every engine does."""
