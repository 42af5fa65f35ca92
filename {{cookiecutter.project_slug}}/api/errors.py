"""Answers that REST framework has no exceptions for.

Apart from `api.problems`: REST framework's views load the parsers, and these raise some of them.
"""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The request is fine, and cannot be met as things are."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("As things are, this cannot be done.")
    default_code = "conflict"


class TooLarge(APIException):
    """The request's body is larger than any that makes sense."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request is too large.")
    default_code = "too_large"


class UnprocessableContent(APIException):
    """The request is well-formed, and contradicts an earlier one."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This contradicts an earlier request.")
    default_code = "unprocessable"
