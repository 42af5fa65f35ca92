"""The environment, read in one place: real variables first, then `.env` beside `manage.py`.

A value that cannot be understood is refused here, in one sentence that says what to type, before
anything starts. What is wrong only together with other settings is found by `config.checks`.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

BASE_DIR = Path(__file__).resolve().parents[2]


class Environment:
    """Typed reads of the environment; a variable that is blank counts as unset.

    Where `NAME` is unset, `NAME_FILE` may name a file that holds its text: that is how containers
    are handed secrets.
    """

    def __init__(self, file: Path) -> None:
        self._env = Env()
        self._env.read_env(file, recurse=False)

    def text(self, name: str, *, default: str = "") -> str:
        """A string, from the variable or from the file that `NAME_FILE` names."""
        return self._given(name) or self._filed(name) or default

    def words(self, name: str, *, default: list[str]) -> list[str]:
        """Strings, separated by commas."""
        given = (word.strip() for word in self.text(name).split(","))
        return [word for word in given if word] or default

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`, also `1`, `0`, `on`, `off`, `yes`, `no`."""
        return self._understood(name, self._env.bool, default, "true or false")

    def number(self, name: str, *, default: int, at_least: int) -> int:
        """A whole number."""
        read = partial(self._env.int, validate=validate.Range(min=at_least))
        return self._understood(name, read, default, f"a whole number from {at_least} up")

    def parsed[T](self, name: str, parse: Callable[[str], T], *, default: str, example: str) -> T:
        """What `parse` makes of the value.

        `parse` raises ValueError with what is wrong, as the rest of a sentence that begins with
        the variable's name. The value itself is not shown: it may hold a password.
        """
        try:
            return parse(self.text(name, default=default))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}; write, say, {name}={example}") from error

    def _given(self, name: str) -> str:
        return self._env.str(name, default="").strip()

    def _filed(self, name: str) -> str:
        path = self._given(f"{name}_FILE")
        if not path:
            return ""
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{name}_FILE names {path!r}, which cannot be read ({error}); correct it"
            raise ImproperlyConfigured(message) from error

    def _understood[T](self, name: str, read: Callable[[str], T], default: T, wanted: str) -> T:
        given = self._given(name)
        if not given:
            return default
        try:
            return read(name)
        except EnvValidationError as error:
            message = f"{name} is {given!r}, which is not {wanted}; correct it here or in .env"
            raise ImproperlyConfigured(message) from error


def split_url(url: str) -> SplitResult:
    """The parts of `url`; ValueError, worded for `Environment.parsed`, if they cannot be told."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is no URL, or one whose port is no number") from error
    return parts


env = Environment(BASE_DIR / ".env")
