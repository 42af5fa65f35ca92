"""What the Dramatiq engine promises beyond what every engine does."""
