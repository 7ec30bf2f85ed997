"""Scripts that come with the simulator, each in the rhythm of one platform."""

from pathlib import Path

HERE = Path(__file__).parent


def preset_names() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


def preset_path(name: str) -> Path | None:
    """Return the file of a preset, None when there is none of that name."""
    return HERE / f"{name}.toml" if name in preset_names() else None
