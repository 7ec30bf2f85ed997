"""Every refusal of the API is a problem document."""

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries
from structlog.testing import capture_logs

from marketplace.errors import BadErrorClass, Conflict, DomainError, registered
from marketplace.models import User
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = [
    pytest.mark.urls("tests.marketplace.rest_site"),
    pytest.mark.django_db,
    pytest.mark.only_in("embedded"),
]


def test_a_domain_error_says_what_a_program_and_a_person_need() -> None:
    response = Caller().get("/api/v1/faults/conflict", headers={"X-Request-Id": "req-1"})

    assert problem_of(response, 409, "test_conflict") == {
        "type": "/api/docs/errors/#test_conflict",
        "title": "Test conflict",
        "status": 409,
        "detail": "Refused, as asked.",
        "code": "test_conflict",
        "param": "quantity",
        "errors": [],
        "data": {"left": 3},
        "request_id": "req-1",
    }
    assert response.headers["Retry-After"] == "7"
    assert response.headers["X-Request-Id"] == "req-1"


def test_a_fault_of_ours_tells_nothing_of_itself() -> None:
    caller = Caller(raise_request_exception=False)
    problem = problem_of(caller.get("/api/v1/faults/other"), 500, "internal_error")
    assert "a fault of ours" not in str(problem)


def test_a_database_that_is_away_is_busy_and_logged() -> None:
    with capture_logs() as lines:
        response = Caller().get("/api/v1/faults/database")
    problem_of(response, 503, "busy")
    assert response.headers["Retry-After"] == "1"
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["database_unavailable"]


@override_settings(DEBUG=True)
def test_a_fault_of_ours_tells_nothing_of_itself_in_debug_mode_either() -> None:
    caller = Caller(raise_request_exception=False)
    assert "a fault of ours" not in str(problem_of(caller.get("/api/v1/faults/other"), 500, "internal_error"))


@pytest.mark.parametrize("debug", (False, True))
def test_an_unknown_address_is_a_problem(debug: bool) -> None:
    with override_settings(DEBUG=debug):
        problem_of(Caller().get("/api/v1/nowhere"), 404, "not_found")


@pytest.mark.urls("marketplace.urls")
def test_an_unknown_address_of_the_api_renders_no_page_and_asks_no_database(
    django_assert_num_queries: DjangoAssertNumQueries, outsider: User
) -> None:
    caller = with_cookie(outsider)
    with django_assert_num_queries(0):
        response = caller.get("/api/v1/nowhere", headers={"X-Request-Id": "req-2"})
    assert problem_of(response, 404, "not_found")["request_id"] == "req-2"
    assert response.templates == []
    assert caller.get("/nowhere").templates[0].name == "404.html"


def test_an_id_that_is_not_one_is_not_found() -> None:
    problem_of(Caller().get("/api/v1/brands/brd_123"), 404, "not_found")
    problem_of(Caller().get("/api/v1/brands/17"), 404, "not_found")


def test_an_unknown_address_elsewhere_is_djangos_page() -> None:
    response = Caller().get("/nowhere")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_host_that_is_not_ours_is_a_problem() -> None:
    problem_of(Caller().get("/api/v1/brands", headers={"Host": "evil.example"}), 400, "invalid")


def test_a_nul_in_the_path_or_the_query_is_a_problem() -> None:
    problem_of(Caller().get("/api/v1/faults/a%00b"), 400, "invalid")
    problem_of(Caller().get("/api/v1/brands?country=%00"), 400, "invalid")


def test_a_wrong_method_names_the_right_ones(outsider: User) -> None:
    response = with_token(outsider).send("PUT", "/api/v1/brands", {})
    problem_of(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, POST, HEAD"
    problem_of(with_token(outsider).send("OPTIONS", "/api/v1/brands"), 405, "method_not_allowed")


def test_what_is_not_json_is_not_taken(outsider: User) -> None:
    caller = with_token(outsider, "catalogue:write")
    response = caller.post("/api/v1/brands", {"name": "x"}, headers={"Idempotency-Key": "k"})
    problem_of(response, 415, "unsupported_media_type")


def test_who_accepts_no_json_gets_none() -> None:
    problem_of(Caller().get("/api/v1/brands", headers={"Accept": "text/csv"}), 406, "not_acceptable")


def test_a_code_belongs_to_one_class() -> None:
    with pytest.raises(BadErrorClass, match="Conflict already uses the code 'conflict'"):
        type("Another", (Conflict,), {"code": "conflict"})
    with pytest.raises(BadErrorClass, match="lower-case"):
        type("Another", (Conflict,), {"code": "Sold-Out"})
    assert registered()["conflict"] is Conflict


def test_a_family_without_a_code_of_its_own_is_not_registered() -> None:
    before = registered()
    child: type[DomainError] = type("Child", (Conflict,), {})
    assert registered() == before
    assert child.code == "conflict"
