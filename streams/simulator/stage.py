"""What has to be there before a show: products, a session with its line-up, nobody else on air."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from streams.simulator.api import Api, Refused
from streams.simulator.cover import cover
from streams.simulator.script import Product, Script

SHORTEST_WINDOW = 60
#: What to do about refusals that have one cause here.
HINTS = {
    "scope_missing": (
        "The token needs the scopes sessions:host, catalogue:write and sandbox, and for --days orders:write"
        " and returns:write: make another."
    ),
    "invalid_token": (
        "The marketplace does not know the token. One that was made here is good only where the marketplace"
        " uses the same database; otherwise give one with --token."
    ),
}


class NoStage(Exception):
    """The show cannot be set up; the message says what to do."""


@dataclass
class Stage:
    """A session that is ready.

    ``slots`` are by the product's key. ``supply`` is what stood on the shelf of each slot, units held for
    earlier orders included: those come back when nobody pays them. ``restocked`` is what the host added.
    """

    session: str
    slots: dict[str, str]
    supply: dict[str, int]
    restocked: dict[str, int] = field(default_factory=dict)


async def build_stage(api: Api, script: Script, *, pace: float) -> Stage:
    """Make what is missing of the script's goods, and a session that is announced. Raises NoStage."""
    try:
        await _end_leftovers(api, script)
        variants = await _stock_shelf(api, script)
        return await _announce(api, script, variants, pace=pace)
    except Refused as no:
        if no.code in HINTS:
            raise NoStage(HINTS[no.code]) from no
        raise NoStage(f"The marketplace refused to set the show up: {no}") from no


async def begin(api: Api, script: Script, stage: Stage) -> None:
    """Go live. An earlier simulated show of the same title is ended first; any other is left alone."""
    try:
        await api.post(f"sessions/{stage.session}/start")
    except Refused as no:
        if no.code != "already_on_air":
            raise NoStage(f"The show cannot begin: {no}") from no
        await end_own(api, script, no.data["session"])
        await api.post(f"sessions/{stage.session}/start")


async def end_own(api: Api, script: Script, session_id: str) -> None:
    """End a show that is on air, if it is an earlier run of this script. Raises NoStage if it is not."""
    session = await api.get(f"sessions/{session_id}")
    if session["source"] != "simulated" or session["title"] != script.title:
        raise NoStage(
            f"The streamer is on air with “{session['title']}” ({session_id}), which this simulation did not"
            " start. End it in the console, or give the token of another streamer."
        )
    if session["state"] == "rehearsal":
        await api.post(f"sessions/{session_id}/end-rehearsal")
    await put_away(api, session_id)


async def put_away(api: Api, session_id: str) -> None:
    """End a show, or call it off when it has not begun; that it is over already is fine."""
    for step in ("end", "cancel"):
        try:
            await api.post(f"sessions/{session_id}/{step}")
        except Refused as no:
            if no.code != "wrong_session_state":
                raise
        else:
            return


async def _end_leftovers(api: Api, script: Script) -> None:
    """End what an earlier run left on air, and call off what it announced and never began. Raises NoStage."""
    async for session in api.pages("sessions", mine="true", show="live"):
        await end_own(api, script, session["id"])
    async for session in api.pages("sessions", mine="true", show="upcoming"):
        if session["source"] == "simulated" and session["title"] == script.title:
            await put_away(api, session["id"])


async def _stock_shelf(api: Api, script: Script) -> dict[str, str]:
    """Return the variant of each product's key; what the script makes is on the shelf as it says."""
    brand = await _brand(api, script)
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    async for there in api.pages("products", brand=brand, **{"expand[]": "variants"}):
        for variant in there["variants"]:
            found[variant["sku"]] = (there, variant)
    categories = {category["slug"] for category in (await api.get("categories"))["data"]}
    variants = {}
    for product in script.products:
        if product.sku in found:
            there, variant = found[product.sku]
            variants[product.key] = variant["id"]
            await _refill(api, product, there, variant)
        elif product.title:
            if product.category not in categories:
                raise NoStage(
                    f"There is no category “{product.category}”, which {product.sku} needs. Let platform"
                    " staff make it in the administration, or write another into the script."
                )
            variants[product.key] = await _make(api, script, brand, product)
        else:
            raise NoStage(
                f"{script.brand} has no product with the SKU {product.sku}; give it a title, category,"
                " list_price and stock in the script to have it made."
            )
    return variants


async def _brand(api: Api, script: Script) -> str:
    async for brand in api.pages("brands", own="true"):
        if brand["name"] == script.brand:
            return str(brand["id"])
    try:
        return str((await api.post("brands", {"name": script.brand}))["id"])
    except Refused as no:
        if no.code != "name_taken":
            raise
        raise NoStage(
            f"The brand “{script.brand}” is somebody else's. Let its owner make the streamer a member,"
            " or name another brand in the script."
        ) from no


async def _make(api: Api, script: Script, brand: str, product: Product) -> str:
    made = await api.post(
        "products",
        {
            "brand": brand,
            "category": product.category,
            "title": product.title,
            "return_policy": product.return_policy,
            "perishable": product.return_policy == "perishable",
        },
    )
    price = {"amount": product.list_price, "currency": script.currency}
    variant = await api.post(
        f"products/{made['id']}/variants",
        {"sku": product.sku, "title": product.variant, "price": price, "on_hand": product.stock},
    )
    await api.post(f"products/{made['id']}/publish")
    return str(variant["id"])


async def _refill(api: Api, product: Product, there: dict[str, Any], variant: dict[str, Any]) -> None:
    """Put on the shelf what an earlier show has sold of a product that the script makes."""
    if there["state"] == "archived":
        raise NoStage(f"{product.sku} is archived. Give the script another SKU.")
    if there["state"] == "draft":
        await api.post(f"products/{there['id']}/publish")
    if product.title:
        stock = await api.get(f"variants/{variant['id']}/stock")
        if stock["available"] < product.stock:
            quantity = product.stock - stock["available"]
            await api.post(
                f"variants/{variant['id']}/stock/restock",
                {"quantity": quantity, "note": "for a simulated show"},
            )


async def _announce(api: Api, script: Script, variants: dict[str, str], *, pace: float) -> Stage:
    window = max(SHORTEST_WINDOW, round(script.payment_window_seconds * min(1.0, pace)))
    session = await api.post(
        "sessions",
        {
            "title": script.title,
            "description": script.description,
            "source": "simulated",
            "payment_window_seconds": window,
        },
    )
    stage = Stage(session["id"], {}, {})
    await api.upload(f"sessions/{stage.session}/cover", "cover.png", cover(script.title))
    for product in script.products:
        slot = await api.post(
            f"sessions/{stage.session}/lineup",
            {
                "variant": variants[product.key],
                "live_price": {"amount": product.live_price, "currency": script.currency},
                "per_buyer_limit": product.per_buyer_limit,
            },
        )
        stage.slots[product.key] = slot["id"]
        shelf = await api.get(f"variants/{variants[product.key]}/stock")
        stage.supply[slot["id"]] = shelf["on_hand"]
    clock = await api.get("sandbox/clock")
    soon = (datetime.fromisoformat(clock["now"]) + timedelta(minutes=1)).isoformat(timespec="milliseconds")
    await api.post(f"sessions/{stage.session}/schedule", {"scheduled_at": soon})
    return stage
