"""Files that the parties of a return show: checked by their first bytes, kept where no address reaches.

A file is stored before the row that names it is written, since storage knows no transactions; a sweep removes
what a crash in between has left.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import UploadedFile

from marketplace import pictures
from marketplace.errors import TooLarge
from refunds.errors import BadEvidence
from refunds.models import Evidence

MAX_BYTES = pictures.MAX_BYTES
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}
#: How long a file that no return names is kept.
GRACE = timedelta(days=1)

_HEAD = 16
_LOOKED_UP = 500


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was taken in."""

    name: str
    kind: str
    size: int


@cache
def vault() -> FileSystemStorage:
    """Return where the files are: a folder of its own, which is not served."""
    return FileSystemStorage(location=settings.EVIDENCE_ROOT)


@contextlib.contextmanager
def stored(upload: "UploadedFile[bytes]") -> Iterator[StoredFile]:
    """Keep a file while the block writes the row that names it; when that fails, the file goes too.

    Raises:
        TooLarge: it has more than 5 MB.
        BadEvidence: it is not a PNG, JPEG, WebP or PDF file.
    """
    size = upload.size or 0
    if size > MAX_BYTES:
        raise TooLarge("The file is too large.", param="file", data={"limit": MAX_BYTES})
    upload.seek(0)
    head = upload.read(_HEAD)
    kind = "pdf" if head.startswith(b"%PDF-") else pictures.kind_of(head)
    if kind is None:
        raise BadEvidence(param="file", data={"limit": MAX_BYTES})
    upload.seek(0)
    name = vault().save(f"{secrets.token_hex(16)}.{kind}", upload)
    try:
        yield StoredFile(name, kind, size)
    except BaseException:
        discard(name)
        raise


def discard(name: str) -> None:
    """Remove a file; one that is gone already is fine."""
    vault().delete(name)


def read(row: Evidence) -> bytes:
    """Return a file's content; raises FileNotFoundError."""
    with vault().open(row.file) as file:
        return bytes(file.read())


def strays(*, now: datetime, limit: int) -> list[str]:
    """Return up to ``limit`` names of files older than a day that no row names."""
    if not vault().exists(""):
        return []
    names, found = sorted(vault().listdir("")[1]), list[str]()
    for start in range(0, len(names), _LOOKED_UP):
        some = names[start : start + _LOOKED_UP]
        known = set(Evidence.objects.filter(file__in=some).values_list("file", flat=True))
        found += [name for name in some if name not in known and _is_old(name, now)]
        if len(found) >= limit:
            break
    return found[:limit]


def _is_old(name: str, now: datetime) -> bool:
    return now - vault().get_modified_time(name) >= GRACE
