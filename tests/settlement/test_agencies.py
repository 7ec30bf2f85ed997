"""People of an agency: who names them, and that they read what concerns their agency and nothing else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.lib import clock
from marketplace.models import User
from orders.models import SlotFee
from orders.tasks import sweep_payouts
from streams.models import Agency, AgencyMember
from tests.marketplace.rest_callers import problem_of, with_cookie, with_token
from tests.orders.gateway_receiver import Hours
from tests.orders.shop import Shop
from tests.people import sign_up
from tests.settlement.sales import deliver, end_period, represent, sell

pytestmark = [pytest.mark.django_db, pytest.mark.only_in("embedded")]


def data(person: User, path: str) -> list[dict[str, Any]]:
    answer = with_token(person, "money:read").send("GET", f"/api/v1/{path}", None)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def test_an_agency_reads_its_statements_payouts_commissions_and_streamers(
    shop: Shop, buyer: User, outsider: User, hours: Hours
) -> None:
    agency = represent(shop.session.streamer, share_bp=1_500)
    other = Agency.objects.create(name="Moons", share_bp=500, created_at=clock.now())
    for of, person in ((agency, buyer), (other, outsider)):
        AgencyMember.objects.create(agency=of, user=person, role="staff")
    order = sell(shop, buyer)
    deliver(shop, order, hours=hours)
    end_period(hours)
    sweep_payouts()
    [statement] = data(buyer, "statements")
    assert (statement["owner"], statement["net"]["amount"]) == (agency.id, 120)
    assert [row["owner"] for row in data(buyer, "payouts")] == [agency.id]
    [commission] = data(buyer, f"commissions?agency={agency.id}")
    assert (commission["order"], commission["agency_part"]["amount"]) == (order.id, 120)
    assert [row["id"] for row in data(buyer, f"streamers?agency={agency.id}")] == [shop.session.streamer_id]
    assert (data(outsider, "statements"), data(outsider, "payouts")) == ([], [])
    assert data(outsider, f"streamers?agency={other.id}") == []
    stranger = with_token(outsider, "money:read")
    for path in (f"statements/{statement['id']}", f"commissions?agency={agency.id}"):
        problem_of(stranger.send("GET", f"/api/v1/{path}", None), 404, "not_found")


def test_an_agency_sees_its_commissions_and_slot_fees_in_the_admin(
    shop: Shop, buyer: User, outsider: User
) -> None:
    sell(shop, buyer)  # before there was an agency
    agency = represent(shop.session.streamer, share_bp=1_500)
    other = Agency.objects.create(name="Moons", share_bp=500, created_at=clock.now())
    for of, person in ((agency, buyer), (other, outsider)):
        AgencyMember.objects.create(agency=of, user=person, role="staff")
    line = sell(shop, buyer).lines.get()
    fee = SlotFee.objects.create(
        slot=shop.slot, session=shop.session, brand=shop.brand, streamer=shop.session.streamer, agency=agency,
        amount=5_000, currency="CNY", minutes=10, offered_at=clock.now(), state="held",
    )  # fmt: skip
    client = Client()
    for person, own in ((buyer, {line.pk, fee.pk}), (outsider, set())):
        client.force_login(person)
        for page, row in (("commissionline", line), ("slotfee", fee)):
            listed = client.get(reverse(f"admin:orders_{page}_changelist"))
            assert {each.pk for each in listed.context["cl"].result_list} == own & {row.pk}
            answer = client.get(reverse(f"admin:orders_{page}_change", args=[row.pk]))
            assert answer.status_code == (200 if own else 302)
    for person, offered in ((buyer, True), (shop.host, True), (outsider, False)):
        client.force_login(person)
        shows = client.get(reverse("admin:orders_commissionline_changelist")).content.decode()
        assert (shop.session.id in shows) == offered  # to choose from
    client.force_login(buyer)
    page = client.get(reverse("admin:orders_commissionline_change", args=[line.pk])).content.decode()
    assert "1.20 CNY" in page  # 15 % of 7.98
    SlotFee.objects.update(agency=None, state="offered")  # who has a part is settled when it is held
    assert client.get(reverse("admin:orders_slotfee_change", args=[fee.pk])).status_code == 302


def test_platform_staff_names_the_first_owner_who_names_the_others(buyer: User, admin: User) -> None:
    agency = Agency.objects.create(name="Stars", share_bp=500, created_at=clock.now())
    path = f"/api/v1/agencies/{agency.id}/members"
    sign_up("nora")
    first = {"username": buyer.username, "role": "owner"}
    assert with_cookie(admin).send("POST", path, first).status_code == 201
    owner = with_cookie(buyer)
    problem_of(owner.send("POST", path, first), 409, "already_member")
    problem_of(owner.send("POST", path, {"username": "nobody"}), 400, "invalid")
    added = owner.send("POST", path, {"username": "nora"}).json()
    assert (added["role"], added["agency"]) == ("staff", agency.id)
    problem_of(owner.send("DELETE", f"{path}/{buyer.id}", None), 409, "last_owner")
    problem_of(owner.send("PATCH", f"{path}/{buyer.id}", {"role": "staff"}), 409, "last_owner")
    assert owner.send("PATCH", f"{path}/{added['user']['id']}", {"role": "owner"}).status_code == 200
    assert owner.send("DELETE", f"{path}/{buyer.id}", None).status_code == 204
    assert list(agency.members.values_list("user__username", "role")) == [("nora", "owner")]
    problem_of(owner.send("GET", path, None), 404, "not_found")
