"""People of an agency: who names them, and that they read what concerns their agency and nothing else."""

from typing import Any

import pytest

from marketplace.lib import clock
from marketplace.models import User
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
