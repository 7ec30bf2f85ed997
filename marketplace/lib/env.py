"""Settings from environment variables: a missing or malformed one fails at start and says what to do."""

import os
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(ValueError):
    """An environment variable is missing or malformed; the message says which and what to set."""


def text(name: str, default: str | None = None) -> str:
    """Return a variable's text, or the default; without a default it must be set."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise BadSetting(f"Set {name}: it has no default.")
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return true for 1, true, yes, on and false for 0, false, no, off."""
    value = text(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"Set {name} to 1 or 0, not {value!r}.")


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    """Return a whole number between ``low`` and ``high``."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise BadSetting(f"Set {name} to a whole number, not {value!r}.") from None
    if not low <= number <= high:
        raise BadSetting(f"Set {name} to a number from {low} to {high}, not {number}.")
    return number


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(f"Set {name} to one of {', '.join(allowed)}, not {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def postgres(name: str) -> dict[str, object] | None:
    """Return Django's settings for a ``postgres://user:password@host:port/name`` URL, None when unset."""
    value = text(name, "")
    if not value:
        return None
    url = urlsplit(value)
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise BadSetting(
            f"Set {name} to postgres://user:password@host:port/name; it is {url.scheme or 'no'} URL."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": dict(parse_qsl(url.query)),
    }
