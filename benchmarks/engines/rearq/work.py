"""ReArq's worker, without its command line: that imports the web page and what the page needs."""

import asyncio

from rearq.worker import Worker

from benchmarks.engines.rearq.app import rearq


async def main() -> None:
    """Work until told to stop."""
    await rearq.startup()
    await Worker(rearq).run()


if __name__ == "__main__":
    asyncio.run(main())
