"""A request with an idempotency key happens once."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections

from marketplace import idempotency, limits
from marketplace.actions.brands import create_brand
from marketplace.errors import InFlight
from marketplace.lib import clock
from marketplace.models import Brand, Fact, IdempotencyRecord, User
from tests.marketplace import rest_site
from tests.marketplace.rest_callers import Caller, problem_of, with_cookie, with_token

pytestmark = pytest.mark.urls("tests.marketplace.rest_site")

NEW = {"name": "Green", "country": "CN"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    limits.forget_local()


@pytest.fixture
def caller(outsider: User) -> Caller:
    """Return Otto with a token that may make brands."""
    return with_token(outsider, "catalogue:write")


def post(caller: Caller, body: object = NEW, key: str = "key-1", path: str = "/api/v1/brands") -> Any:
    return caller.send("POST", path, body, headers={"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer(caller: Caller) -> None:
    first, again = post(caller), post(caller)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert Brand.objects.count() == 1
    assert Fact.objects.filter(type="brand.created").count() == 1
    record = IdempotencyRecord.objects.get()
    assert (record.route, record.key, record.status) == ("POST /api/v1/brands", "key-1", 201)
    assert record.body == first.content.decode()


def test_the_order_of_names_in_a_body_does_not_matter(caller: Caller) -> None:
    post(caller, b'{"name": "Green", "country": "CN"}')
    assert post(caller, b'{"country":"CN","name":"Green"}').headers["Idempotency-Replayed"] == "true"


def test_a_replay_does_not_follow_later_changes(caller: Caller) -> None:
    first = post(caller)
    Brand.objects.update(name="Renamed")
    assert post(caller).content == first.content


def test_other_input_under_the_same_key_is_refused(caller: Caller) -> None:
    post(caller)
    for other in ({**NEW, "name": "Black"}, {"name": "Green"}):
        assert problem_of(post(caller, other), 422, "idempotency_mismatch")["param"] == "Idempotency-Key"
    problem_of(post(caller, path="/api/v1/brands?expand[]=members"), 422, "idempotency_mismatch")
    assert Brand.objects.count() == 1


def test_a_key_belongs_to_a_person_and_a_route(caller: Caller, buyer: User, outsider: User) -> None:
    post(caller)
    other = post(with_token(buyer, "catalogue:write"), {"name": "Black"})
    assert (other.status_code, "Idempotency-Replayed" in other.headers) == (201, False)
    tokens = post(caller, {"name": "x", "scopes": []}, path="/api/v1/tokens")
    assert tokens.status_code == 201
    assert post(with_cookie(outsider)).headers["Idempotency-Replayed"] == "true"


def test_a_refused_request_leaves_the_key_free(caller: Caller) -> None:
    problem_of(post(caller, {"name": ""}), 400, "invalid")
    assert not IdempotencyRecord.objects.exists()
    post(caller, {"name": "Black"}, key="another")
    problem_of(post(caller, {"name": "Black"}), 409, "name_taken")
    assert IdempotencyRecord.objects.count() == 1
    assert post(caller).status_code == 201


def test_an_operation_that_needs_a_key_says_so(caller: Caller) -> None:
    problem = problem_of(caller.send("POST", "/api/v1/brands", NEW), 400, "idempotency_key_missing")
    assert problem["param"] == "Idempotency-Key"
    assert not Brand.objects.exists()


@pytest.mark.parametrize("key", ("", "a" * 256, "caf\xe9", "a\tb", "\u200b"))
def test_a_key_is_printable_ascii(caller: Caller, key: str) -> None:
    assert problem_of(post(caller, key=key), 400, "invalid")["param"] == "Idempotency-Key"


def test_a_key_has_up_to_255_characters(caller: Caller) -> None:
    assert post(caller, key=" ~" * 127 + "x").status_code == 201


def test_a_key_on_what_needs_none_is_put_aside(db: None) -> None:
    response = Caller().send("POST", "/api/v1/faults/other", {}, headers={"Idempotency-Key": "k"})
    assert response.status_code == 204
    assert not IdempotencyRecord.objects.exists()


def test_an_action_that_forgets_the_answer_is_found(outsider: User) -> None:
    browser = with_cookie(outsider)
    with pytest.raises(idempotency.NotRemembered, match=r"POST /api/v1/faults/\{kind\}"):
        post(browser, path="/api/v1/faults/forgets")
    with pytest.raises(idempotency.NotRemembered, match=r"Faults\.post"):
        post(browser, path="/api/v1/faults/bypasses")
    assert browser.send("POST", "/api/v1/faults/forgets").status_code == 204


def test_remember_demands_a_transaction_and_is_called_once(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="inside an action's transaction"):
        idempotency.remember(None)
    keyed = idempotency.Keyed(
        caller="usr", route="POST /", key="k", input_hash="", now=clock.now(), render=_rendered
    )
    with pytest.raises(RuntimeError, match="called twice"):
        idempotency.once(keyed, rest_site.remember_twice)
    assert not IdempotencyRecord.objects.exists()


def _rendered(_result: object) -> idempotency.Answer:
    return idempotency.Answer(200, "{}")


def test_what_a_form_holds_decides_too(outsider: User, rf: Any) -> None:
    from marketplace.rest.views import _hash_of

    def hashed(content: bytes, name: str = "a.csv") -> str:
        from rest_framework.parsers import MultiPartParser
        from rest_framework.request import Request

        request = rf.post("/", {"file": SimpleUploadedFile(name, content), "mode": "x"})
        return _hash_of(Request(request, parsers=[MultiPartParser()]))

    assert hashed(b"a,b") == hashed(b"a,b")
    assert len({hashed(b"a,b"), hashed(b"a,c"), hashed(b"a,b", "b.csv")}) == 3


def test_records_are_kept_31_days(caller: Caller) -> None:
    post(caller)
    post(caller, {"name": "Black"}, key="key-2")
    now = clock.now()
    IdempotencyRecord.objects.filter(key="key-1").update(created_at=now - timedelta(days=31, seconds=1))
    IdempotencyRecord.objects.filter(key="key-2").update(created_at=now - timedelta(days=30, hours=23))

    assert idempotency.purge(now=now) == 1
    assert [record.key for record in IdempotencyRecord.objects.all()] == ["key-2"]
    assert idempotency.purge(now=now) == 0


@pytest.fixture
def meeting(transactional_db: None) -> Iterator[type[rest_site.Meeting]]:
    """Return the point where a slow request waits inside its action."""
    rest_site.Meeting.inside.clear()
    rest_site.Meeting.go_on.clear()
    yield rest_site.Meeting
    rest_site.Meeting.go_on.set()


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start work in a thread; return what waits for its result."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()

    def result() -> Any:
        thread.join(20)
        return results[0]

    return result


def slow_and_second(caller: Caller, meeting: type[rest_site.Meeting]) -> tuple[Any, Any]:
    """Send one request that waits inside its action, and the same again meanwhile; return both answers."""
    first = in_thread(lambda: post(caller, path="/api/v1/slow_brands"))
    assert meeting.inside.wait(10)
    meeting.inside.clear()
    second = in_thread(lambda: post(caller, path="/api/v1/slow_brands"))
    if idempotency._alone is not _negative_control:
        answered = second()
        meeting.go_on.set()
        return first(), answered
    assert meeting.inside.wait(10)
    meeting.go_on.set()
    return first(), second()


def _negative_control(keyed: idempotency.Keyed) -> Any:
    import contextlib

    return contextlib.nullcontext()


def test_the_same_request_meanwhile_is_told_to_wait(meeting: type[rest_site.Meeting], outsider: User) -> None:
    caller = with_token(outsider, "catalogue:write")
    first, second = slow_and_second(caller, meeting)

    assert first.status_code == 201
    problem_of(second, 409, "in_flight")
    assert second.headers["Retry-After"] == "1"
    again = post(caller, path="/api/v1/slow_brands")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert Brand.objects.count() == 1


def test_without_the_lock_the_constraint_still_makes_it_one(
    meeting: type[rest_site.Meeting], outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_alone", _negative_control)
    first, second = slow_and_second(with_token(outsider, "catalogue:write"), meeting)

    assert {first.status_code, second.status_code} == {201}
    assert first.content == second.content
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in (first, second)]
    assert sorted(replayed, key=str) == [None, "true"]
    assert Brand.objects.count() == 1


def test_without_lock_and_constraint_it_happens_twice(
    meeting: type[rest_site.Meeting], outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with both guards off, the effect is there twice."""
    monkeypatch.setattr(idempotency, "_alone", _negative_control)
    monkeypatch.setattr(idempotency, "_recorded", lambda _keyed: None)
    monkeypatch.setattr(idempotency, "_insert", lambda _keyed, _answer: None)
    caller = with_token(outsider, "catalogue:write")
    names = iter(["Green", "Black"])
    monkeypatch.setattr("tests.marketplace.rest_site.create_brand", _renaming(create_brand, names))
    first, second = slow_and_second(caller, meeting)

    assert (first.status_code, second.status_code) == (201, 201)
    assert json.loads(first.content)["id"] != json.loads(second.content)["id"]
    assert Brand.objects.count() == 2


def _renaming(create: Callable[..., Brand], names: Iterator[str]) -> Callable[..., Brand]:
    """Return the action with a name of its own for each call: unique names would hide the doubled effect."""
    lock = threading.Lock()

    def renamed(**fields: Any) -> Brand:
        with lock:
            fields["name"] = next(names)
        return create(**fields)

    return renamed


def test_a_key_is_free_again_after_a_fault(transactional_db: None, outsider: User) -> None:
    keyed = idempotency.Keyed(
        caller=outsider.id, route="POST /", key="k", input_hash="", now=clock.now(), render=_rendered
    )

    def fail() -> None:
        raise IntegrityError("something else")

    for _ in range(2):
        with pytest.raises(IntegrityError, match="something else"):
            idempotency.once(keyed, fail)


def test_another_process_is_told_to_wait_too(transactional_db: None, outsider: User) -> None:
    """On PostgreSQL a lock belongs to its connection, so a second one stands for a second process."""
    keyed = idempotency.Keyed(
        caller=outsider.id, route="POST /", key="k", input_hash="", now=clock.now(), render=_rendered
    )
    with idempotency._alone(keyed):
        answer = in_thread(lambda: _is_in_flight(keyed))()
    assert answer is True
    assert _is_in_flight(keyed) is False
    assert connection.vendor in {"postgresql", "sqlite"}


def _is_in_flight(keyed: idempotency.Keyed) -> bool:
    try:
        with idempotency._alone(keyed):
            return False
    except InFlight:
        return True
