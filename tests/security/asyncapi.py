"""The description of the room as the proofs read it: its commands, their forms and good ones."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.security.world import World
from tests.servers import ROOT


@cache
def document() -> dict[str, Any]:
    """Return docs/asyncapi.yaml."""
    loaded: dict[str, Any] = yaml.safe_load(Path(ROOT, "docs/asyncapi.yaml").read_text())
    return loaded


def commands() -> dict[str, dict[str, Any]]:
    """Return the schema of every message that a client may send, by its type."""
    names = [
        reference["$ref"].rpartition("/")[2]
        for operation in document()["operations"].values()
        if operation["action"] == "receive"
        for reference in operation["messages"]
    ]
    return {name: document()["components"]["messages"][name]["payload"] for name in names}


def schemas() -> dict[str, Any]:
    """Return the schemas that references name."""
    found: dict[str, Any] = document()["components"]["schemas"]
    return found


def good(world: World, command: str) -> dict[str, Any]:
    """Return a command as the documentation shows it, about things of the world."""
    example: dict[str, Any] = document()["components"]["messages"][command]["examples"][0]["payload"]
    data = dict(example.get("data", {}))
    things = {"slot": world.ids["third"], "price": {"amount": 3990, "currency": "CNY"}}
    data |= {name: value for name, value in things.items() if name in data}
    data.pop("deal", None)
    return {**example, "id": "5b0c6a2e", "data": data}
