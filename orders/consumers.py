"""The ``buy`` command of the room's socket."""

import asyncio
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from marketplace import limits
from marketplace.errors import Invalid
from marketplace.lib.mailbox import Mailbox
from marketplace.rest.keys import HEADER, clean_key
from orders.admission import admission
from orders.purchase_form import accepted_over_socket, parse, refusal_over_socket
from orders.requests import Accepted, Outcome, PurchaseRequest, Refused

_mailboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, Mailbox] = WeakKeyDictionary()


class Buyer(Protocol):
    """What ``buy`` needs of a room's connection."""

    user_id: str | None

    def reply(self, type_: str, data: dict[str, Any], *, re: str) -> None:
        """Send a message to this connection only."""


def buy(connection: Buyer, command_id: str, data: dict[str, Any]) -> None:
    """Put a purchase into admission; after the commit comes ``buy.accepted`` or ``buy.refused``."""
    answer = partial(_reply, connection, command_id)
    request = _request(connection, data)
    if isinstance(request, Refused):
        return answer(request)
    post = _mailbox().post
    return admission.submit(request, lambda outcome: post(answer, outcome))


def _request(connection: Buyer, data: dict[str, Any]) -> PurchaseRequest | Refused:
    if connection.user_id is None:
        return Refused("sign_in_required")
    verdict = limits.check_local("buy", connection.user_id)
    if not verdict.allowed:
        return Refused("busy", {"retry_after": verdict.retry_after})
    key = data.pop("key", None)
    try:
        return parse(data, buyer_id=connection.user_id, key=clean_key(key if type(key) is str else ""))
    except Invalid as error:
        param = "key" if error.param == HEADER else error.param
        return Refused("invalid", {"param": param, "message": error.message})


def _reply(connection: Buyer, command_id: str, outcome: Outcome) -> None:
    if isinstance(outcome, Accepted):
        connection.reply("buy.accepted", accepted_over_socket(outcome), re=command_id)
    else:
        connection.reply("buy.refused", refusal_over_socket(outcome), re=command_id)


def _mailbox() -> Mailbox:
    loop = asyncio.get_running_loop()
    mailbox = _mailboxes.get(loop)
    if mailbox is None:
        mailbox = _mailboxes[loop] = Mailbox(loop)
    return mailbox
