"""`manage.py api_token`: make a token for a program, list them, take one back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api import tokens
from api.models import Token


class Command(BaseCommand):
    help = "Makes, lists and revokes the tokens of programs that use the API."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        create = parts.add_parser("create", help="make one, and write it once")
        create.add_argument("email", help="whose it is: what this user may do, it may do")
        create.add_argument("--name", required=True, help="what it is used for")
        create.add_argument(
            "--days", type=int, default=365, help="how long it is good, 365 unless told; 0: always"
        )
        parts.add_parser("list", help="list them all")
        revoke = parts.add_parser("revoke", help="make one useless, for good")
        revoke.add_argument("prefix", help="how it begins, as `list` shows it")

    def handle(self, *_args: Any, part: str, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {
            "create": self._create,
            "list": self._list,
            "revoke": self._revoke,
        }
        acts[part](**options)

    def _create(self, *, email: str, name: str, days: int, **_options: Any) -> None:
        user = get_user_model()._default_manager.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {email!r}.")
        if not 0 <= days <= 36_500:
            raise CommandError(f"--days takes 0 to 36500, not {days}.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        _, text = tokens.issue(user=user, name=name, expires_at=expires_at)
        self.stdout.write(text)

    def _list(self, **_options: Any) -> None:
        for token in Token.objects.select_related("user"):
            times = (("expires", token.expires_at), ("used", token.used_at))
            more = [f"{what} {time:%Y-%m-%d}" for what, time in times if time is not None]
            more += ["revoked"] if token.revoked_at is not None else []
            line = (f"{token.prefix}…", str(token.user), token.name, ", ".join(more))
            self.stdout.write("  ".join(line).rstrip())

    def _revoke(self, *, prefix: str, **_options: Any) -> None:
        found = Token.objects.filter(prefix=prefix.rstrip("…"))
        if found.count() != 1:
            raise CommandError(f"{found.count()} tokens begin with {prefix!r}.")
        if not tokens.revoke(found):
            raise CommandError(f"{prefix} was revoked before.")
        self.stdout.write(f"{prefix} is revoked.")
