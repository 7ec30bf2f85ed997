"""Whole shows, through the command line against a server in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from marketplace.actions.brands import create_brand
from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import ApiToken, SandboxClock, StockLevel, User, Variant
from orders.models import Order, OrderLine
from refunds.models import Refund, Return
from streams.actions.people import register_streamer
from streams.models import ChatMessage, Deal, RoomEvent, Session, Slot
from streams.simulator.cover import cover
from streams.simulator.plan import digest_of, plan_viewer
from streams.simulator.rates import read_rates
from streams.simulator.script import parse_script, read_toml
from tests.conftest import Launch
from tests.servers import ROOT, Web
from tests.servers.process import wait_until

SCRIPT = Path(__file__).with_name("show.toml")
VIEWERS = 24
SEED = 11

Simulate = Callable[..., subprocess.Popen[str]]
Here = Callable[..., None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulate(web: Web, server_environment: Mapping[str, str], tmp_path: Path) -> Iterator[Simulate]:
    """Return a function that starts the command against a server, its report in ``tmp_path``."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, url: str = web.url) -> subprocess.Popen[str]:
        given = ("--preset", str(SCRIPT), "--url", url, "--report", str(tmp_path / "report.html"))
        process = subprocess.Popen(
            [sys.executable, "manage.py", "simulate", *given, *arguments],
            cwd=ROOT,
            env={**os.environ, **server_environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def here(web: Web, tmp_path: Path) -> Here:
    """Return a function that plays the script in a second and a half with two viewers, in this process."""

    def play(**options: Any) -> None:
        usual = {"preset": str(SCRIPT), "url": web.url, "report": str(tmp_path / "report.html")}
        call_command("simulate", **{**usual, "viewers": 2, "minutes": 0.05, "speed": 2.0, **options})

    return play


def finish(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def read_report(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "report.json").read_text()))


def test_a_show_is_played_checked_and_reported(simulate: Simulate, tmp_path: Path) -> None:
    process = simulate("--viewers", str(VIEWERS), "--seed", str(SEED), "--speed", "8", "--processes", "2")
    code, out, err = finish(process)
    assert (code, err) == (0, ""), out
    report = read_report(tmp_path)
    session = Session.objects.get(title="Small evening")
    assert (session.state, session.source, session.last_seq) == (
        "ended",
        "simulated",
        report["show"]["facts"],
    )
    _hold_sales(report, session)
    _hold_room(report, session)
    _hold_decisions(report)
    _hold_page((tmp_path / "report.html").read_text(), out)
    assert not ApiToken.objects.filter(user=session.streamer.user).exists()
    with session.cover.open() as file:
        assert file.read() == cover("Small evening") != cover("Large evening")


def _hold_sales(report: dict[str, Any], session: Session) -> None:
    """Hold the figures against the rows that they are about."""
    orders, sales = list(Order.objects.filter(session=session)), report["sales"]
    lines = list(OrderLine.objects.filter(order__session=session).select_related("variant"))
    assert len(orders) == sales["orders"] > 0
    assert sum(line.amount for line in lines) == sales["gross"]
    assert sum(line.quantity for line in lines) == sales["units"]
    assert sum(sales["states"].values()) == len(orders)
    open_ones = sales["states"].get("pending_payment", 0) + sales["states"].get("expired", 0)
    assert 0 < sales["left_unpaid"] + sales["left_declined"] <= open_ones
    assert sum(line.deal_id is not None for line in lines) == sales["orders_in_deals"] > 0
    assert sum(minute["orders"] for minute in report["per_minute"]) == len(orders)
    by_sku: Counter[str] = Counter()
    for line in lines:
        by_sku[line.variant.sku] += line.quantity
    assert {entry["sku"]: entry["units"] for entry in sales["products"]} == by_sku
    for deal, told in zip(
        Deal.objects.filter(slot__session=session).order_by("id"), sales["deals"], strict=True
    ):
        assert (deal.id, deal.taken, deal.quota) == (told["id"], told["sold"], told["quota"])
        assert deal.taken <= deal.quota


def _hold_room(report: dict[str, Any], session: Session) -> None:
    said = RoomEvent.objects.filter(session=session, type="host.said").values_list("payload__text", flat=True)
    assert set(said) == {"Good evening!", "Picked in April."}
    assert report["host"]["beats"] + len(report["host"]["refused"]) == 9
    assert report["traffic"]["chats_accepted"] == ChatMessage.objects.filter(session=session).count() > 0
    assert VIEWERS - report["connections"]["too_late"] <= report["funnel"][0][1] <= VIEWERS
    assert report["traffic"]["peak"] <= VIEWERS
    assert report["connections"]["gaps"] == 0
    assert [check["name"] for check in report["checks"] if check["held"]] == [
        "oversold",
        "lost",
        "behind",
        "answers",
        "audit",
    ]


def _hold_decisions(report: dict[str, Any]) -> None:
    """Plan the crowd here: the processes must have decided the same."""
    text = SCRIPT.read_text()
    document = read_toml(text, "show.toml")
    script, rates = (
        parse_script(document, text=text, name="show.toml"),
        read_rates(document, name="show.toml"),
    )
    plans = [plan_viewer(SEED, number, script, rates) for number in range(VIEWERS)]
    assert report["decisions"]["digests"] == [digest_of(plans[0::2]), digest_of(plans[1::2])]
    assert report["decisions"]["wishes"] == sum(len(plan.wishes) for plan in plans)


def _hold_page(page: str, out: str) -> None:
    assert "Every rule held" in page
    assert "Small evening" in page
    assert not any(bad in page for bad in ("<script", "http://", "https://", "<link", "url("))
    assert "held   No slot and no deal sold more units than it had." in out


@pytest.mark.only_in("embedded")
def test_a_show_outlives_the_server(simulate: Simulate, launch_web: Launch, tmp_path: Path) -> None:
    web = launch_web()
    process = simulate("--viewers", "16", "--speed", "5", url=web.url)
    orders = Order.objects.filter(session__title="Small evening")
    wait_until(orders.exists, seconds=30, what="an order")
    web.kill()
    web.start()
    code, out, err = finish(process)
    assert (code, err) == (0, ""), out
    report = read_report(tmp_path)
    assert report["connections"]["reconnects"] > 0
    assert report["connections"]["closes"]["none"] > 0
    assert report["connections"]["gave_up"] == 0
    assert report["sales"]["orders"] == orders.count()
    assert report["show"]["facts"] == Session.objects.get().last_seq


@pytest.mark.only_in("embedded")
def test_a_broken_rule_is_reported_and_fails(
    here: Here, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here()
    variant = Variant.objects.get(sku="S-CUP")
    StockLevel.objects.filter(variant=variant).update(on_hand=F("on_hand") + 2)
    with pytest.raises(CommandError, match=r"A rule broke; the report says which\.") as failure:
        here()
    assert failure.value.returncode == 1
    assert "BROKEN The marketplace's audit finds nothing." in capsys.readouterr().out
    report = read_report(tmp_path)
    assert report["held"] is False
    assert [check["name"] for check in report["checks"] if not check["held"]] == ["audit"]
    assert "1 rule broke" in (tmp_path / "report.html").read_text()
    assert Session.objects.filter(title="Small evening", state="ended").count() == 2
    assert Slot.objects.filter(variant=variant).count() == 2


@pytest.mark.only_in("embedded")
def test_a_loop_ends_its_session_when_it_is_stopped(simulate: Simulate) -> None:
    process = simulate("--viewers", "5", "--loop")
    shows = Session.objects.filter(title="Small evening")
    wait_until(lambda: shows.filter(state="live").exists(), seconds=30, what="a live show")
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    code, _, err = finish(process, seconds=10)
    assert (code, err) == (0, "")
    assert time.monotonic() - started < 5
    assert [show.state for show in shows] == ["ended"]


@pytest.mark.only_in("embedded")
def test_it_ends_its_own_earlier_show_and_no_other(simulate: Simulate, here: Here) -> None:
    killed = simulate("--viewers", "2")
    shows = Session.objects.filter(title="Small evening")
    wait_until(lambda: shows.filter(state="live").exists(), seconds=30, what="a live show")
    killed.kill()
    here()
    assert [show.state for show in shows.all()] == ["ended", "ended"]
    by_hand = shows.latest("id").id
    Session.objects.filter(id=by_hand).update(state="live", title="By hand", ended_at=None)
    with pytest.raises(CommandError, match="The streamer is on air with “By hand”") as failure:
        here()
    assert failure.value.returncode == 1
    assert [show.state for show in Session.objects.order_by("id")] == ["ended", "live"]


@pytest.mark.only_in("embedded")
@pytest.mark.parametrize(
    ("options", "message"),
    (
        ({"viewers": 0}, "--viewers is from 1 to 100,000, not 0."),
        ({"speed": 0.01}, "--speed is from 0.1 to 1,000, not 0.01."),
        ({"processes": 3, "viewers": 2}, "--processes is at most --viewers"),
        ({"url": "127.0.0.1:8000"}, "--url is an address such as http://127.0.0.1:8000"),
        ({"url": "https://shop.example"}, "Give --token: for https://shop.example"),
        ({"report": "report.pdf"}, "--report is the path of a page to write"),
        ({"preset": "opera"}, "--preset is one of taobao_live, or a script's path ending in .toml"),
        ({"preset": "missing.toml"}, "--preset: missing.toml cannot be read"),
    ),
)
def test_bad_arguments_say_what_to_write(options: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("simulate", **options)
    assert message in str(refusal.value)
    assert refusal.value.returncode == 2


@pytest.mark.only_in("embedded")
def test_a_bad_script_names_its_line(tmp_path: Path) -> None:
    script = tmp_path / "bad.toml"
    script.write_text(SCRIPT.read_text().replace("quota = 5\n", ""))
    with pytest.raises(CommandError, match=r"bad\.toml, line 41: beat 4: quota is a whole number") as refusal:
        call_command("simulate", preset=str(script))
    assert refusal.value.returncode == 2


@pytest.mark.only_in("embedded")
def test_nobody_answers() -> None:
    with pytest.raises(CommandError, match=r"Nothing answers at http://127\.0\.0\.1:9 ") as refusal:
        call_command("simulate", url="http://127.0.0.1:9")
    assert refusal.value.returncode == 1


@pytest.mark.only_in("embedded")
def test_a_token_that_is_wrong_says_what_to_do(here: Here) -> None:
    with pytest.raises(CommandError, match="The marketplace does not know the token"):
        here(token="hwk_wrong")


@pytest.mark.only_in("embedded")
def test_a_brand_of_somebody_else_is_left_alone(here: Here, host: User, outsider: User) -> None:
    now = clock.now()
    create_brand(actor=outsider, name="Small brand", now=now)
    register_streamer(user=host, name="Hana", now=now)
    scopes = ["sessions:host", "catalogue:write", "sandbox"]
    _, secret = create_token(user=host, name="t", scopes=scopes, expires_at=None, now=now)
    with pytest.raises(CommandError, match="The brand “Small brand” is somebody else's"):
        here(token=secret)
    assert not Session.objects.exists()


@pytest.fixture
def web_put_back(web: Web) -> Iterator[None]:
    """Stop the server, which other tests share: what has seen a moved clock looks once a second."""
    yield
    SandboxClock.objects.all().delete()
    web.stop()


@pytest.mark.only_in("embedded")
@pytest.mark.usefixtures("web_put_back")
def test_the_days_behind_a_show_bring_goods_back(simulate: Simulate, tmp_path: Path) -> None:
    process = simulate("--viewers", str(VIEWERS), "--seed", str(SEED), "--speed", "8", "--days", "16")
    code, out, err = finish(process, 120)
    assert (code, err) == (0, ""), out
    report = read_report(tmp_path)
    after = report["afterwards"]
    cases = Return.objects.filter(line__session=report["show"]["session"])
    refunds = Refund.objects.filter(case__in=cases)
    states = Counter(cases.values_list("state", flat=True))
    assert after["states"] == states
    assert after["returns"] == cases.count() > 3
    assert after["refunded"] == sum(refund.amount for refund in refunds) > 0
    assert set(refunds.values_list("state", flat=True)) == {"done"}
    assert {"kitchen", "tea"} == {each["category"] for each in after["categories"]}
    assert report["checks"][-1]["name"] == "afterwards"
    assert "What came back" in (tmp_path / "report.html").read_text()
