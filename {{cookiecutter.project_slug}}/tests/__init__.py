"""What spans apps; each app has its own tests beside it."""
