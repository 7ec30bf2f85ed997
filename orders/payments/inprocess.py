"""HTTP without a socket: an httpx transport that hands the request to Django in the same thread.

The request goes through the same middleware, routes and views as one from outside, on the caller's database
connection. Django's ``request_started`` and ``request_finished`` are not sent, because they close connections
that the caller is still using, and the call runs in a copy of the caller's context, because middleware clears
what the outer request has bound (log fields, language, URL configuration). Same thread and same connection
also means that there is no second party to wait for: it cannot deadlock, whether in a worker thread, a
server's thread or a test.
"""

import contextvars
import io
import ssl
import sys
import time
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.asyncio import async_unsafe

#: How an address inside this process begins.
HERE = "https://in-process"

_WAITED = "hawker.waited"


class InProcessTransport(httpx.BaseTransport):
    """Answers httpx requests from this project's URL configuration."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return Django's response; raise httpx.ReadTimeout when it took longer than the client waits."""
        waited: list[float] = []
        response = contextvars.copy_context().run(_respond, {**_environ(request), _WAITED: waited})
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and sum(waited) > patience:
            raise httpx.ReadTimeout(f"no answer within {patience} s", request=request)
        return httpx.Response(
            response.status_code,
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()],
            content=response.getvalue(),
        )


def connect(timeout: httpx.Timeout) -> httpx.Client:
    """Return a client for any address, where those under ``HERE`` are answered by this process.

    It follows no redirects. Threads may share it.
    """
    return httpx.Client(timeout=timeout, verify=_trusted(), mounts={HERE: InProcessTransport()})


def wait(request: HttpRequest, seconds: float) -> None:
    """Answer this request ``seconds`` late. A caller in this process is told so and need not really wait."""
    waited = request.META.get(_WAITED)
    if waited is None:
        time.sleep(seconds)
    else:
        waited.append(seconds)


@async_unsafe("Call the payment gateway from a thread: on the event loop everybody would wait for it.")
def require_may_wait() -> None:
    """Raise RuntimeError inside a database transaction and SynchronousOnlyOperation on an event loop.

    No row stays locked and no other connection waits while another company thinks.
    """
    blocks = transaction.get_connection().atomic_blocks
    if blocks and not blocks[-1]._from_testcase:  # noqa: SLF001 - what Django's own durable check asks
        raise RuntimeError("The payment gateway may not be called inside a database transaction.")


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom clients trust, read once: the file with all authorities is long."""
    return httpx.create_ssl_context()


@cache
def _handler() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def _respond(environ: dict[str, Any]) -> HttpResponseBase:
    return _handler().get_response(WSGIRequest(environ))


def _environ(request: httpx.Request) -> dict[str, Any]:
    body = request.read()
    path, _, query = request.url.raw_path.partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    environ["HTTP_HOST"] = _host()
    return environ


def _host() -> str:
    """Return a host name that Django's host check lets through."""
    named = (host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*")
    return next(named, "localhost")
