"""ReArq as its documentation sets it up, on PostgreSQL."""

import os

from rearq import ReArq
from tortoise import Tortoise

from benchmarks.inside import stamps

rearq = ReArq(redis_url=os.environ["REDIS_URL"])


@rearq.task()
async def noop() -> None:
    """Do nothing."""


@rearq.task()
async def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


@rearq.on_startup
async def connect() -> None:
    """Open the database; the tables are made unless they are there."""
    url = os.environ["DATABASE_URL"].replace("postgres://", "asyncpg://")
    # ReArq calls this in a task of its own, whose connections no other task would see.
    modules = {"rearq": ["rearq.server.models"]}
    await Tortoise.init(db_url=url, modules=modules, _enable_global_fallback=True)
    await Tortoise.generate_schemas(safe=True)
