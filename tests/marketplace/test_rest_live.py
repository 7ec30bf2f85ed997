"""The toolkit behind the real server."""

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from marketplace.actions.tokens import create_token
from marketplace.lib import clock
from marketplace.models import ApiToken, User
from tests.servers import Web

KEY = {"Idempotency-Key": "key-1"}


@pytest.fixture
def api(web: Web, transactional_db: None, outsider: User) -> Iterator[httpx.Client]:
    """Return an HTTP client with Otto's token."""
    _, secret = create_token(user=outsider, name="live", scopes=[], expires_at=None, now=clock.now())
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=web.url, headers=headers, timeout=20) as client:
        yield client


def test_a_request_and_its_replay(api: httpx.Client) -> None:
    body = {"name": "ci", "scopes": []}
    first = api.post("/api/v1/tokens", json=body, headers=KEY)
    again = api.post("/api/v1/tokens", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "token": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["RateLimit-Policy"].startswith('"default";q=')
    assert ApiToken.objects.count() == 2


def test_a_body_may_come_in_chunks(api: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"name": "in pieces",'
        yield b' "scopes": []}'

    response = api.post(
        "/api/v1/tokens", content=chunks(), headers={**KEY, "Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["name"]) == (201, "in pieces")


def test_a_body_over_a_mebibyte_is_too_large(api: httpx.Client) -> None:
    response = api.post(
        "/api/v1/tokens",
        content=b'{"name": "' + b"x" * 1024 * 1024 + b'"}',
        headers={**KEY, "Content-Type": "application/json"},
    )
    assert (response.status_code, response.json()["data"]) == (413, {"limit": 1024 * 1024})


def test_a_body_without_end_is_refused_before_it_is_sent(web: Web, transactional_db: None) -> None:
    with contextlib.closing(socket.create_connection(("127.0.0.1", web.port), timeout=10)) as connection:
        connection.sendall(
            b"POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_bad_host_or_path_is_a_problem(api: httpx.Client) -> None:
    for response in (api.get("/api/v1/tokens", headers={"Host": "evil.example"}), api.get("/api/%00")):
        assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")


def test_probes_answer_whatever_the_host(web: Web, transactional_db: None) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(web.url + path, headers={"Host": "10.9.8.7"}).status_code == 200


def test_the_documentation_has_all_it_needs_here(web: Web, transactional_db: None) -> None:
    page = httpx.get(f"{web.url}/api/docs/").text
    scripts = [part.split('"')[0] for part in page.split('src="')[1:]]
    assert len(scripts) == 3
    for script in scripts:
        answer = httpx.get(web.url + script)
        assert answer.status_code == 200
        assert "javascript" in answer.headers["Content-Type"]
    schema = httpx.get(f"{web.url}/api/schema/", headers={"Accept": "application/json"}, timeout=30)
    assert schema.json()["openapi"] == "3.1.0"
