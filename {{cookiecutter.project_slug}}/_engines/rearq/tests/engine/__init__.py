"""What the ReArq engine promises beyond what every engine does."""
