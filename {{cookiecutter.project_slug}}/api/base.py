"""What all views of the API have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.exceptions import NotFound
from rest_framework.views import APIView

from api.parameters import refuse_unknown

if TYPE_CHECKING:
    from rest_framework.request import Request

PAGE = ("cursor", "page_size")
"""The parameters of every list in pages."""


class ApiView(APIView):
    """Refuses parameters that it does not know."""

    parameters: ClassVar[Mapping[str, Collection[str]]] = {}
    """By method: the names that may follow the `?`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let nobody through who may not, then nothing that makes no sense."""
        super().initial(request, *args, **kwargs)
        # PostgreSQL takes no NUL, so nothing there has such a name.
        if any("\0" in value for value in kwargs.values() if isinstance(value, str)):
            raise NotFound
        refuse_unknown(request, self.parameters.get(str(request.method), ()))
