"""Files that the parties of a return show."""

from typing import ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from marketplace.errors import LimitReached, NotFound, TooLarge
from marketplace.models import User
from marketplace.models.tokens import Scope
from marketplace.rest.openapi import operation
from marketplace.rest.views import ApiView
from refunds import evidence as files
from refunds.actions.show_evidence import add_evidence
from refunds.api.return_resources import EvidenceOut, FileIn
from refunds.errors import BadEvidence, WrongReturnState
from refunds.models import Evidence
from refunds.permissions import get_evidence_for, get_return_for

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class _Upload(ApiView):
    """Takes a file."""

    scopes: ClassVar = {"POST": Scope.RETURNS_WRITE}
    parser_classes = (MultiPartParser,)

    def keep(self, upload: "UploadedFile[bytes]", user: User, return_id: str | None) -> Evidence:
        """Store a file and the row that names it."""
        with files.stored(upload) as file:
            return add_evidence(return_id=return_id, file=file, owner_id=user.id, now=self.now)


class UnusedEvidence(_Upload):
    """Files for a return that will be asked for."""

    @operation(
        "Upload evidence",
        body=FileIn,
        returns=EvidenceOut,
        status=201,
        errors=[BadEvidence, TooLarge, LimitReached],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Takes multipart/form-data. Name the file in a request within a day; after that it is removed."""
        user, body = self.user(request), self.body(request, FileIn)
        return self.perform(request, lambda: self.keep(body["file"], user, None), EvidenceOut, status=201)


class ReturnEvidence(_Upload):
    """Files shown in a return."""

    @operation(
        "Add evidence to a return",
        body=FileIn,
        returns=EvidenceOut,
        status=201,
        errors=[BadEvidence, TooLarge, LimitReached, WrongReturnState],
    )
    def post(self, request: Request, return_id: str) -> HttpResponseBase:
        """Takes multipart/form-data, from buyer, brand and platform staff, while the return is open."""
        user, body = self.user(request), self.body(request, FileIn)
        get_return_for(user, return_id)
        return self.perform(
            request, lambda: self.keep(body["file"], user, return_id), EvidenceOut, status=201
        )


class EvidenceDetail(ApiView):
    """One file."""

    @operation("Read evidence", returns=EvidenceOut)
    def get(self, request: Request, evidence_id: str) -> HttpResponseBase:
        """For who uploaded it and the parties of the return in which it is shown."""
        return self.answer(request, get_evidence_for(self.user(request), evidence_id), EvidenceOut)


class EvidenceFile(ApiView):
    """The content of one file."""

    @operation("Download evidence")
    def get(self, request: Request, evidence_id: str) -> HttpResponseBase:
        """The file as it was uploaded, for the same people; as what it is, and never as a page."""
        return file_response(get_evidence_for(self.user(request), evidence_id))


def file_response(shown: Evidence) -> HttpResponse:
    """Answer with a file's content; raises NotFound when it is gone."""
    try:
        content = files.read(shown)
    except FileNotFoundError:
        raise NotFound from None
    disposition = f'attachment; filename="{shown.id}.{shown.kind}"'
    headers = {**_HEADERS, "Content-Disposition": disposition}
    return HttpResponse(content, content_type=files.MEDIA_TYPES[shown.kind], headers=headers)
