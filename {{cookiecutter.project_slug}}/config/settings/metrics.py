"""Who may read `/metrics`. Neither set, it is there in development only."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from config.settings.env import env


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """The addresses and networks in `text`, separated by commas."""
    try:
        return [ip_network(word.strip()) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise ValueError("holds something that is no address and no network") from error


METRICS_TOKEN = env.text("METRICS_TOKEN")
METRICS_ADDRESSES = env.parsed(
    "METRICS_ADDRESSES", networks, default="", example="10.0.0.0/8,127.0.0.1"
)
