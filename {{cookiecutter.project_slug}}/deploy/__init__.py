"""What runs the project in production, and its tests."""
