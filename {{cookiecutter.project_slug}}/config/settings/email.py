"""Outgoing mail: by SMTP when EMAIL_URL says so, else one file a mail under `var/mail`."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from config.settings.env import BASE_DIR, env, split_url

_FLAGS = {
    **dict.fromkeys(("", "1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def mailer(url: str) -> dict[str, Any]:
    """The entry of `MAILERS` for `url`.

    * `smtp://user:password@host:587/?tls=true` (STARTTLS) or `smtps://…` (TLS from the first byte);
      `?timeout=` in seconds
    * `file:///absolute/directory` and `console:`, for development
    """
    parts = split_url(url)
    match parts.scheme:
        case "smtp" | "smtps":
            return {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": smtp_options(parts),
            }
        case "file":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError("names no folder from the root on, after three slashes")
            return {
                "BACKEND": "config.mail.FolderBackend",
                "OPTIONS": {"folder": unquote(parts.path)},
            }
        case "console":
            return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        case _:
            raise ValueError("begins with none of smtp:, smtps:, file: and console:")


def smtp_options(parts: SplitResult) -> dict[str, Any]:
    """Where the server is, and how to speak to it."""
    if not parts.hostname:
        raise ValueError("names no host")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := query.keys() - {"tls", "timeout"}:
        raise ValueError(f"has the option {min(unknown)!r}, but only tls and timeout are known")
    timeout = query.get("timeout", "10")
    if not timeout.isdecimal() or int(timeout) < 1:
        raise ValueError(f"has the timeout {timeout!r}, which is no number of seconds from 1 up")
    tls = query.get("tls", "false").lower()
    if tls not in _FLAGS:
        # Else a slip would send the password for everybody to read.
        raise ValueError(f"has tls={tls}, which is neither true nor false")
    if parts.scheme == "smtps" and _FLAGS[tls]:
        raise ValueError("begins with smtps:, which is TLS from the first byte, and asks for tls")
    return {
        "host": parts.hostname,
        "port": parts.port,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": _FLAGS[tls],
        "use_ssl": parts.scheme == "smtps",
        # Seconds. A worker must not hang on a server that accepts and then says nothing.
        "timeout": int(timeout),
    }


MAILERS = {
    "default": env.parsed(
        "EMAIL_URL",
        mailer,
        default=(BASE_DIR / "var" / "mail").as_uri(),
        example="smtp://user:password@smtp.example.com:587/?tls=true",
    )
}

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="shop@example.com")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
