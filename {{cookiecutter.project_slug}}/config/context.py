"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, str]:
    """The name over the door."""
    return {"shop_name": settings.SHOP_NAME}
