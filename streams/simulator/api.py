"""REST as a patient client: every write has an idempotency key, so that repeating it is safe."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx

ATTEMPTS = 8
PATIENCE_SECONDS = 20.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 3.0
SECONDS = httpx.Timeout(10.0, connect=3.0, pool=None)
PAGE = 100
_AGAIN = frozenset({429, 502, 503, 504})
_CLIENT_ERROR = 400


class Unreachable(ConnectionError):
    """The marketplace did not answer, however often it was asked."""


class Refused(Exception):
    """The marketplace said no; ``code`` and ``data`` are those of its problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code: str = problem.get("code", "")
        self.data: dict[str, Any] = problem.get("data") or {}
        self.detail: str = problem.get("detail", "")
        super().__init__(f"{status} {self.code}: {self.detail}")


class Api:
    """The REST API of one marketplace; a token may be given for each request."""

    def __init__(self, url: str, *, token: str = "", connections: int = 8) -> None:
        self.url = url.rstrip("/")
        self.retries = 0
        self._token = token
        self._http = httpx.AsyncClient(
            timeout=SECONDS,
            limits=httpx.Limits(max_connections=connections),
            trust_env=False,
            verify=not url.startswith("http:"),  # to read whom to trust takes longer than to connect
        )

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, *, token: str = "", **query: Any) -> dict[str, Any]:
        """Return the answer to a GET below ``/api/v1/``. Raises Refused, Unreachable."""
        return await self._ask("GET", path, params=query, token=token)

    async def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str = "",
        token: str = "",
        seconds: float = PATIENCE_SECONDS,
    ) -> dict[str, Any]:
        """Return the answer to a POST below ``/api/v1/``, within ``seconds``. Raises Refused, Unreachable."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        rest: dict[str, Any] = {"json": {} if body is None else body, "headers": headers, "token": token}
        if seconds > PATIENCE_SECONDS:
            rest["timeout"] = seconds
        return await self._ask("POST", path, seconds=seconds, **rest)

    async def upload(self, path: str, name: str, content: bytes, *, token: str = "") -> dict[str, Any]:
        """Return the answer to a file sent below ``/api/v1/``. Raises Refused, Unreachable."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return await self._ask("POST", path, files={"file": (name, content)}, headers=headers, token=token)

    async def pages(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield every object of a list."""
        while True:
            page = await self.get(path, limit=PAGE, **query)
            for each in page["data"]:
                yield each
            if not page["has_more"]:
                return
            query["starting_after"] = page["data"][-1]["id"]

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        seconds: float = PATIENCE_SECONDS,
        **rest: Any,
    ) -> dict[str, Any]:
        sent, who = {**(headers or {})}, token or self._token
        if who:
            sent["Authorization"] = f"Bearer {who}"
        url = f"{self.url}/api/v1/{path}"
        deadline = asyncio.get_running_loop().time() + seconds
        pause, why = FIRST_PAUSE, ""
        for attempt in range(ATTEMPTS):
            self.retries += bool(attempt)
            wait = pause
            try:
                answer = await self._http.request(method, url, headers=sent, **rest)
            except httpx.TransportError as error:
                why = str(error) or type(error).__name__
            else:
                problem = _problem(answer)
                if problem is None:
                    return dict(answer.json())
                if answer.status_code not in _AGAIN and problem.get("code") != "in_flight":
                    raise Refused(answer.status_code, problem)
                why = f"{answer.status_code} {problem.get('code', '')}"
                wait = max(pause, _retry_after(answer))
            if asyncio.get_running_loop().time() + wait > deadline:
                break
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise Unreachable(f"{method} {url}: {why}")


def _problem(answer: httpx.Response) -> dict[str, Any] | None:
    """Return the problem document of an answer that is none of success."""
    if answer.status_code < _CLIENT_ERROR:
        return None
    try:
        document = answer.json()
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {"detail": answer.reason_phrase}


def _retry_after(answer: httpx.Response) -> float:
    try:
        return float(answer.headers.get("Retry-After", 0))
    except ValueError:
        return 0.0
