"""English: a moment names its zone, ``28 Nov 2026 20:00 UTC``."""

DATETIME_FORMAT = "j M Y H:i T"
