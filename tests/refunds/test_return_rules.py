"""What may come back, why, until when and for how much; what is shown for it, and who may take steps."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.models import Brand, User
from orders import tasks
from orders.models import OrderLine
from refunds.models import Refund, Return
from refunds.policy import DELIVERED, LIMITS, Reason
from tests.marketplace.rest_callers import problem_of
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop, caller, open_show, post, ship
from tests.refunds.claims import (
    DAY,
    HOUR,
    NOTE,
    PARCEL,
    PART,
    ask,
    asked,
    asker,
    bought,
    delivered,
    done,
    step,
    uploaded,
    wish,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited"), pytest.mark.only_in("embedded")]

FAULTS = ["not_as_described", "damaged", "wrong_item", "quality"]


def eligibility(person: User, line: OrderLine) -> dict[str, Any]:
    """Return what can be asked back of a line."""
    answer = asker(person).get(f"/api/v1/returns/eligibility?order={line.order_id}")
    assert answer.status_code == 200, answer.content
    [shown] = answer.json()["lines"]
    assert shown["line"] == line.id
    found: dict[str, Any] = shown
    return found


def why_not(answer: Any) -> str:
    """Return why a request was refused."""
    return str(problem_of(answer, 409, "not_returnable")["data"]["why"])


def preview(person: User, line: OrderLine, **wanted: Any) -> Any:
    """Return the answer to a preview."""
    return post(asker(person), "/api/v1/returns/preview", wish(line, **wanted))


def shown_file(person: User) -> list[str]:
    """Return the id of a picture that was uploaded, in a list."""
    return [uploaded(person).json()["id"]]


@pytest.mark.parametrize(
    ("policy", "reasons", "until"),
    (
        ("standard", {"no_reason", "other", "not_received", *FAULTS}, timedelta(days=7)),
        ("perishable", {"not_received", *FAULTS}, timedelta(days=7)),
        ("made_to_order", {"not_received", *FAULTS}, timedelta(days=7)),
        ("none", {"not_received", *FAULTS}, timedelta(days=7)),
    ),
)
def test_each_policy_has_its_reasons_and_its_time(
    brand: Brand, brand_owner: User, host: User, admin: User, buyer: User, hours: Hours,
    policy: str, reasons: set[str], until: timedelta,
) -> None:  # fmt: skip
    line = delivered(open_show(brand, brand_owner, host, admin, policy=policy), buyer, hours, quantity=2)
    shown = eligibility(buyer, line)
    assert (shown["eligible"], shown["why"], shown["units"], shown["whole_line"]) == (True, None, 2, False)
    assert {option["reason"] for option in shown["options"]} == reasons == set(DELIVERED[policy])
    hours.move((until - timedelta(microseconds=1)).total_seconds())
    assert asked(buyer, line, type="refund_only", reason="not_received").state == "requested"
    hours.move(0.000001)
    assert eligibility(buyer, line)["why"] == "window_over"
    assert why_not(ask(buyer, line, type="refund_only", reason="not_received")) == "window_over"


def test_perishable_goods_are_claimed_within_two_days_with_a_picture_by_share(
    brand: Brand, brand_owner: User, host: User, admin: User, buyer: User, hours: Hours
) -> None:
    shop = open_show(brand, brand_owner, host, admin, policy="perishable")
    line = delivered(shop, buyer, hours, quantity=3)
    assert why_not(ask(buyer, line)) == "reason"
    assert why_not(ask(buyer, line, reason="damaged")) == "type"
    claim = {"type": "refund_only", "reason": "damaged", "units": 2, "share": 30}
    problem_of(ask(buyer, line, **claim), 409, "evidence_needed")
    shown = preview(buyer, line, **claim).json()
    assert (shown["amount"]["amount"], shown["evidence_needed"], shown["freight_paid_by"]) == (
        2394,
        True,
        None,
    )
    hours.move(48 * HOUR - 1)
    case = asked(buyer, line, **claim, evidence=shown_file(buyer))
    done(brand_owner, case, "approve", {})
    line.refresh_from_db()
    assert Refund.objects.get().amount == 2394
    assert (line.claimed, line.returned, line.refunded) == (2, 0, 2394)
    hours.move(1)
    claim |= {"units": 1, "evidence": shown_file(buyer)}
    assert why_not(ask(buyer, line, **claim)) == "reason"


def test_a_share_is_for_perishable_goods_only(shop: Shop, buyer: User, hours: Hours) -> None:
    line = delivered(shop, buyer, hours)
    assert why_not(ask(buyer, line, reason="damaged", share=50)) == "share"
    assert why_not(ask(buyer, line, units=2)) == "units"


@pytest.mark.parametrize("policy", ("made_to_order", "none"))
def test_what_cannot_be_sent_back_at_will_is_claimed_with_a_picture(
    brand: Brand, brand_owner: User, host: User, admin: User, buyer: User, hours: Hours, policy: str
) -> None:
    line = delivered(open_show(brand, brand_owner, host, admin, policy=policy), buyer, hours)
    tasks.sweep_completed_lines()
    assert OrderLine.objects.get().state == "completed"
    assert why_not(ask(buyer, line)) == "reason"
    problem_of(ask(buyer, line, reason="wrong_item"), 409, "evidence_needed")
    assert asked(buyer, line, reason="wrong_item", evidence=shown_file(buyer)).state == "requested"


def test_a_line_says_why_it_cannot_come_back(
    shop: Shop, buyer: User, brand_owner: User, outsider: User, hours: Hours
) -> None:
    order = bought(shop, buyer)
    line = order.lines.get()
    shown = eligibility(buyer, line)
    assert [option["reason"] for option in shown["options"]] == ["no_reason", "other"]
    ship(caller(brand_owner), order)
    assert eligibility(buyer, line)["why"] == "on_its_way"
    assert why_not(ask(buyer, line, type="refund_only", reason="not_received")) == "on_its_way"
    hours.move(7 * DAY)
    case = asked(buyer, line, type="refund_only", reason="not_received")
    assert eligibility(buyer, line)["why"] == "already_claimed"
    done(brand_owner, case, "approve", {})
    assert eligibility(buyer, line)["why"] == "closed"
    problem_of(asker(outsider).get(f"/api/v1/returns/eligibility?order={order.id}"), 404, "not_found")
    problem_of(ask(outsider, line), 404, "not_found")
    problem_of(preview(outsider, line), 404, "not_found")


def test_an_unpaid_line_is_not_returned(shop: Shop, buyer: User) -> None:
    from tests.orders.shop import buy

    line = buy(shop, buyer).lines.get()
    assert eligibility(buyer, line)["why"] == "not_paid"
    assert why_not(ask(buyer, line)) == "not_paid"


@pytest.mark.parametrize("reason", list(Reason))
def test_a_preview_is_what_is_refunded(
    shop: Shop, buyer: User, brand_owner: User, hours: Hours, reason: str
) -> None:
    line = delivered(shop, buyer, hours, quantity=2)
    type_ = "refund_only" if reason == "not_received" else "return_and_refund"
    shown = preview(buyer, line, type=type_, reason=reason).json()
    payer = None if reason == "not_received" else "buyer" if reason in {"no_reason", "other"} else "seller"
    assert shown["freight_paid_by"] == payer
    assert Return.objects.count() == 0
    case = asked(buyer, line, type=type_, reason=reason)
    done(brand_owner, case, "approve", {})
    if type_ == "return_and_refund":
        for person, name, body in (
            (buyer, "send-back", PARCEL), (brand_owner, "receive", None), (brand_owner, "accept-goods", {}),
        ):  # fmt: skip
            done(person, case, name, body)
    assert Refund.objects.get().total.to_wire() == shown["amount"] == {"amount": 3990, "currency": "CNY"}


# ----------------------------------------------------------------------------------------------- evidence


def test_files_are_seen_by_the_parties_only(
    shop: Shop, buyer: User, brand_owner: User, outsider: User, host: User, admin: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours)
    mine = shown_file(buyer)
    address = f"/api/v1/evidence/{mine[0]}"
    for person in (outsider, brand_owner, host):
        problem_of(asker(person).get(address), 404, "not_found")
        problem_of(asker(person).get(f"{address}/file"), 404, "not_found")
    case = asked(buyer, line, type="refund_only", reason="damaged", evidence=mine)
    for person in (buyer, brand_owner, admin):
        assert asker(person).get(address).json()["kind"] == "png"
        answer = asker(person).get(f"{address}/file")
        assert answer.content.startswith(b"\x89PNG")
        assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
            "image/png", "nosniff",
        )  # fmt: skip
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{mine[0]}.png"'
    for person in (outsider, host):
        problem_of(asker(person).get(f"{address}/file"), 404, "not_found")
        problem_of(uploaded(person, f"/api/v1/returns/{case.id}/evidence"), 404, "not_found")
    added = uploaded(brand_owner, f"/api/v1/returns/{case.id}/evidence", b"%PDF-1.7 and so on")
    assert (added.status_code, added.json()["kind"]) == (201, "pdf")
    shown = asker(buyer).get(f"/api/v1/returns/{case.id}?expand[]=evidence").json()["evidence"]
    assert [each["id"] for each in shown] == [mine[0], added.json()["id"]]
    done(buyer, case, "withdraw")
    problem_of(uploaded(buyer, f"/api/v1/returns/{case.id}/evidence"), 409, "wrong_return_state")


@pytest.mark.parametrize("content", (b"<svg onload=alert(1)>", b"GIF89a", b"\0", b"<html>%PDF-"))
def test_files_of_other_kinds_are_refused(
    shop: Shop, buyer: User, content: bytes, evidence_folder: Any
) -> None:
    problem_of(uploaded(buyer, content=content), 400, "bad_evidence")
    assert list(evidence_folder.glob("*")) == []


def test_large_files_are_refused(shop: Shop, buyer: User, evidence_folder: Any) -> None:
    problem_of(uploaded(buyer, content=b"%PDF-" + b"x" * 5 * 1024 * 1024), 413, "too_large")
    assert list(evidence_folder.glob("*")) == []


def test_somebody_elses_file_or_a_used_one_is_no_evidence(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    line = delivered(shop, buyer, hours, quantity=2)
    claim = {"type": "refund_only", "reason": "damaged"}
    problem_of(ask(buyer, line, **claim, evidence=shown_file(outsider)), 404, "not_found")
    mine = shown_file(buyer)
    asked(buyer, line, **claim, evidence=mine)
    problem_of(ask(buyer, line, **claim, evidence=mine), 404, "not_found")
    assert Return.objects.count() == 1


def test_unused_files_are_few_and_gone_after_a_day(
    shop: Shop, buyer: User, hours: Hours, evidence_folder: Any
) -> None:
    from refunds.tasks import sweep_unused_evidence

    for _ in range(LIMITS.unused_files):
        assert uploaded(buyer).status_code == 201
    problem_of(uploaded(buyer), 409, "limit_reached")
    assert len(list(evidence_folder.glob("*"))) == LIMITS.unused_files
    hours.move(DAY - 1)
    sweep_unused_evidence()
    assert uploaded(buyer).status_code == 409
    hours.move(1)
    sweep_unused_evidence()
    assert list(evidence_folder.glob("*")) == []
    assert uploaded(buyer).status_code == 201


# ---------------------------------------------------------------------------------------------- who may


def test_lists_show_what_is_ones_own(
    shop: Shop, buyer: User, brand_owner: User, outsider: User, admin: User, hours: Hours
) -> None:
    case = asked(buyer, delivered(shop, buyer, hours))

    def ids(person: User, query: str = "") -> list[str]:
        return [each["id"] for each in asker(person).get(f"/api/v1/returns{query}").json()["data"]]

    brand = f"?brand={shop.brand.id}"
    assert ids(buyer) == ids(admin) == ids(brand_owner, brand) == ids(buyer, "?state=requested") == [case.id]
    assert ids(outsider) == ids(brand_owner) == ids(buyer, "?state=closed") == []
    assert ids(buyer, f"?order={case.order_id}") == [case.id]
    problem_of(asker(outsider).get(f"/api/v1/returns{brand}"), 404, "not_found")
    problem_of(asker(buyer).get("/api/v1/returns?state=lost"), 400, "invalid")


def test_only_the_parties_take_steps(
    shop: Shop, buyer: User, brand_owner: User, outsider: User, host: User, hours: Hours
) -> None:
    case = asked(buyer, delivered(shop, buyer, hours))
    for person in (outsider, host):
        problem_of(asker(person).get(f"/api/v1/returns/{case.id}"), 404, "not_found")
        problem_of(step(person, case, "approve", {}), 404, "not_found")
        problem_of(step(person, case, "withdraw"), 404, "not_found")
    problem_of(step(buyer, case, "approve", {}), 403, "forbidden")
    problem_of(step(brand_owner, case, "withdraw"), 403, "forbidden")
    problem_of(step(brand_owner, case, "decide", {"decision": "seller", **NOTE}), 403, "forbidden")
    assert Return.objects.get().state == "requested"


def made_staff(person: User) -> User:
    """Return a person who runs the platform from now on."""
    person.is_staff = True
    person.save()
    return person


def test_staff_neither_answer_nor_decide_what_they_bought(
    shop: Shop, buyer: User, brand_owner: User, admin: User, hours: Hours
) -> None:
    case = asked(made_staff(buyer), delivered(shop, buyer, hours), type="refund_only", reason="not_received")
    for name, body in (
        ("approve", {}), ("reject", NOTE), ("offer", PART), ("receive", None), ("accept-goods", {}),
        ("refuse-goods", NOTE),
    ):  # fmt: skip
        problem = problem_of(step(buyer, case, name, body), 403, "forbidden")
        assert "a colleague has to do this" in problem["detail"]
    done(brand_owner, case, "reject", NOTE)
    done(buyer, case, "dispute", NOTE)
    problem_of(step(buyer, case, "decide", {"decision": "buyer", **NOTE}), 403, "forbidden")
    assert (Return.objects.get().state, Refund.objects.count()) == ("disputed", 0)
    assert done(admin, case, "decide", {"decision": "buyer", **NOTE})["state"] == "decided_for_buyer"


def test_staff_answer_for_their_brand_and_do_not_decide_for_it(
    shop: Shop, buyer: User, brand_staff: User, admin: User, hours: Hours
) -> None:
    case = asked(buyer, delivered(shop, buyer, hours), type="refund_only", reason="not_received")
    done(made_staff(brand_staff), case, "reject", NOTE)
    done(buyer, case, "dispute", NOTE)
    problem = problem_of(step(brand_staff, case, "decide", {"decision": "seller", **NOTE}), 403, "forbidden")
    assert "a colleague has to do this" in problem["detail"]
    assert done(admin, case, "decide", {"decision": "seller", **NOTE})["state"] == "decided_for_seller"


def test_staff_who_bought_from_their_own_brand_are_the_buyer_only(
    shop: Shop, brand_staff: User, hours: Hours
) -> None:
    case = asked(made_staff(brand_staff), delivered(shop, brand_staff, hours))
    problem_of(step(brand_staff, case, "approve", {}), 403, "forbidden")
    assert done(brand_staff, case, "withdraw")["state"] == "withdrawn"
