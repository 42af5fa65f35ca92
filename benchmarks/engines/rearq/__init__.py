"""ReArq by itself: jobs and results in PostgreSQL through Tortoise, messages in Redis."""
