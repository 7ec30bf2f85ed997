"""Picture files of products: what is taken in, under which name it is kept, and what has become of no use.

A file is stored before the row that names it is written, and removed after that row is gone, since storage
knows no transactions; a sweep removes what a crash in between has left.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from marketplace.errors import Invalid, TooLarge
from marketplace.models import ProductPicture

FOLDER = "products"
MAX_BYTES = 5 * 1024 * 1024
#: How long a file without a row is left alone: its row may be on the way.
GRACE = timedelta(days=1)

#: Tells which of some files are in use.
Used = Callable[[Sequence[str]], set[str]]

_HEAD = 16
_LOOKED_UP = 500


class BadPicture(Invalid):
    """The file is not a picture that the catalogue takes."""

    code = "bad_picture"
    message = "The file is not a PNG, JPEG or WebP picture."
    cure = "Send a PNG, JPEG or WebP file of at most data.limit bytes."


def store(upload: "UploadedFile[bytes]", *, folder: str = FOLDER) -> str:
    """Keep a picture under a random name and return that name. What it is follows from its first bytes alone.

    Raises:
        TooLarge: it has more than 5 MB.
        BadPicture: it is not a PNG, JPEG or WebP file.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise TooLarge("The picture is too large.", param="file", data={"limit": MAX_BYTES})
    upload.seek(0)
    extension = kind_of(upload.read(_HEAD))
    if extension is None:
        raise BadPicture(param="file", data={"limit": MAX_BYTES})
    upload.seek(0)
    return default_storage.save(f"{folder}/{secrets.token_hex(16)}.{extension}", upload)


@contextlib.contextmanager
def stored(upload: "UploadedFile[bytes]", *, folder: str = FOLDER) -> Iterator[str]:
    """Keep a picture while the block writes the row that names it; when that fails, the file goes too.

    Raises what ``store`` raises.
    """
    name = store(upload, folder=folder)
    try:
        yield name
    except BaseException:
        discard(name)
        raise


def discard(name: str) -> None:
    """Remove a picture's file; one that is gone already is fine."""
    default_storage.delete(name)


def kind_of(head: bytes) -> str | None:
    """Return the extension of a file that begins with these bytes, None when it is no such picture."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return None


def used_by_products(names: Sequence[str]) -> set[str]:
    """Return which of these files are pictures of products."""
    return set(ProductPicture.objects.filter(file__in=names).values_list("file", flat=True))


def orphans(*, now: datetime, batch: int, folder: str = FOLDER, used: Used = used_by_products) -> list[str]:
    """Return up to ``batch`` names of files of a folder that nothing uses and that are older than a day."""
    if not default_storage.exists(folder):
        return []
    names = [f"{folder}/{file}" for file in sorted(default_storage.listdir(folder)[1])]
    found: list[str] = []
    for start in range(0, len(names), _LOOKED_UP):
        some = names[start : start + _LOOKED_UP]
        kept = used(some)
        found += [name for name in some if name not in kept and _is_old(name, now)]
        if len(found) >= batch:
            break
    return found[:batch]


def _is_old(name: str, now: datetime) -> bool:
    return now - default_storage.get_modified_time(name) >= GRACE
