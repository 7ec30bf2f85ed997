"""Text from outside."""

import unicodedata


def is_one_line(text: str) -> bool:
    """Tell whether text holds no line breaks, tabs or other control characters: what names and titles are."""
    return not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text)
