"""Every kind of answer that a payment company can give, and what the port makes of it."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from orders.payments.client import HttpGateway, get_gateway
from orders.payments.port import GatewayRejected, GatewayUnavailable
from tests.orders.gateway_receiver import APPROVE, pay

pytestmark = pytest.mark.only_in("embedded")


class Stub(ThreadingHTTPServer):
    """A payment company gone wrong: gives one prepared answer to everything and notes what it was asked."""

    answer: tuple[int, bytes] = (200, b"")
    asked: list[tuple[str, str, dict[str, str], bytes]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, body))
        status, answer = self.server.answer
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _respond  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def to_stub(stub: Stub) -> Iterator[HttpGateway]:
    client = HttpGateway(url=f"http://127.0.0.1:{stub.server_port}/v1/", key="secret-key")
    yield client
    client.close()


FINE = {
    "id": "gwp_1",
    "reference": "pay_1",
    "amount": 3990,
    "currency": "CNY",
    "state": "captured",
    "refunded": 0,
}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    (
        (500, b"", "gateway_error"),
        (503, json.dumps({"error": {"code": "busy", "message": "Later."}}).encode(), "gateway_error"),
        (429, b"", "gateway_error"),
        (408, b"", "gateway_error"),
        (302, b"", "unintelligible"),
        (404, b"<html>nginx</html>", "unintelligible"),
        (400, b'{"detail": "no"}', "unintelligible"),
        (200, b"", "unintelligible"),
        (200, b"[]", "unintelligible"),
        (200, b"\xff{}", "unintelligible"),
        (200, b"[" * 50_000, "unintelligible"),
        (200, b'{"amount": NaN}', "unintelligible"),
        (200, b" " * 70_000 + json.dumps(FINE).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "state": "paid"}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "state": ["captured"]}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "amount": "3990"}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "amount": True}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "amount": 3990.0}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "refunded": 3991}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "currency": "yuan"}).encode(), "unintelligible"),
        (200, json.dumps({**FINE, "id": "a/b"}).encode(), "unintelligible"),
    ),
)
def test_what_is_no_answer_leaves_the_outcome_open(
    to_stub: HttpGateway, stub: Stub, status: int, body: bytes, code: str
) -> None:
    stub.answer = (status, body)
    with pytest.raises(GatewayUnavailable) as caught:
        pay(to_stub)
    assert caught.value.code == code
    assert len(stub.asked) == 1, "nothing is retried and no redirect is followed"


def test_a_refusal_in_the_gateways_form_is_a_rejection(to_stub: HttpGateway, stub: Stub) -> None:
    error = {"code": "blocked", "message": "Not you.", "param": "card"}
    stub.answer = (403, json.dumps({"error": error}).encode())
    with pytest.raises(GatewayRejected, match=r"Not you\.") as caught:
        pay(to_stub)
    assert (caught.value.status, caught.value.code, caught.value.param) == (403, "blocked", "card")


def test_a_request_carries_its_key_its_idempotency_key_and_an_id_of_its_own(
    to_stub: HttpGateway, stub: Stub
) -> None:
    stub.answer = (201, json.dumps(FINE).encode())
    assert pay(to_stub).id == "gwp_1"
    pay(to_stub)
    (method, path, headers, body), (_, _, again, _) = stub.asked
    assert (method, path) == ("POST", "/v1/payments")
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer secret-key", "pay_1")
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"reference": "pay_1", "amount": 3990, "currency": "CNY", "card": APPROVE}
    assert headers["x-request-id"].startswith("req_")
    assert headers["x-request-id"] != again["x-request-id"]


def test_an_error_names_the_request(to_stub: HttpGateway, stub: Stub) -> None:
    stub.answer = (500, b"")
    with pytest.raises(GatewayUnavailable) as caught:
        to_stub.get_payment("gwp_1")
    assert caught.value.request_id == stub.asked[0][2]["x-request-id"]


def test_ids_stay_inside_their_part_of_the_path(to_stub: HttpGateway, stub: Stub) -> None:
    stub.answer = (200, json.dumps(FINE).encode())
    to_stub.get_payment("../refunds?x=1#y")
    assert stub.asked[0][1] == "/v1/payments/..%2Frefunds%3Fx%3D1%23y"


def test_a_gateway_that_is_down_is_unavailable(settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.GATEWAY_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(GatewayUnavailable) as caught:
        pay(get_gateway())
    assert caught.value.code == "unreachable"
    assert caught.value.request_id.startswith("req_")
