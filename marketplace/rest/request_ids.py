"""The id that a request is known by: in its answer, in problems and in every log line."""

import re
import uuid

HEADER = "X-Request-Id"

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


def clean_request_id(given: str | None) -> str:
    """Return the caller's request id if it is 1 to 128 visible ASCII characters, else a new one."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
