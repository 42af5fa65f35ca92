"""What the tests tell the settings of this engine."""

PRODUCTION: dict[str, str] = {}
"""What production is told besides."""


def environment() -> dict[str, str]:
    """Nothing: it has no settings of its own."""
    return {}
