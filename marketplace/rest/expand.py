"""``expand[]``: which related resources an answer holds in full, from a white list of the view's."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from marketplace.errors import FieldError, Invalid

PARAM = "expand[]"
MAX_DEPTH = 3
MAX_PATHS = 20


@dataclass(frozen=True, slots=True)
class Expand:
    """Paths such as ``lines`` and ``lines.variant`` that the caller wants in full."""

    paths: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, wanted: Iterable[str], allowed: AbstractSet[str]) -> Self:
        """Return what the caller wants.

        Raises Invalid for a path that the white list lacks or that is too deep.
        """
        paths = frozenset(wanted)
        unknown = sorted(path for path in paths if path not in allowed or path.count(".") >= MAX_DEPTH)
        if unknown or len(paths) > MAX_PATHS:
            known = ", ".join(sorted(allowed)) or "nothing"
            detail = f"This operation expands {known}."
            raise Invalid(detail, param=PARAM, errors=[FieldError(PARAM, "invalid_choice", detail)])
        return cls(paths)

    def __contains__(self, name: str) -> bool:
        """Tell whether a field of the resource at hand is expanded.

        ``lines.variant`` expands ``lines`` too.
        """
        return any(path == name or path.startswith(f"{name}.") for path in self.paths)

    def below(self, name: str) -> "Expand":
        """Return what is expanded inside a field."""
        start = f"{name}."
        return Expand(frozenset(path[len(start) :] for path in self.paths if path.startswith(start)))
