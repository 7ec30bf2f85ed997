"""The authorization matrix of the API: who gets what from every route, method by method.

A row is a method, an address below ``/api/v1/`` (others begin with a slash), what a token needs, and the
status that each role is answered. Names in braces are things of the world (``tests.security.world``): Olga's
brand, its published and its ``{hidden}`` product, Hana's ``{live}``, ``{scheduled}`` and ``{draft}`` session,
Bella's orders. What is not yours is 404, what you see and may not do is 403, nobody signed in is 401.

Tokens: a scope in short, ``any`` for every token, ``cookie`` for no token at all, ``none`` where nobody signs
in.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from marketplace.models.tokens import Scope
from tests.security.world import ROLES

SCOPES = {
    "catalogue": Scope.CATALOGUE_WRITE,
    "host": Scope.SESSIONS_HOST,
    "orders": Scope.ORDERS_WRITE,
    "money": Scope.MONEY_READ,
    "returns": Scope.RETURNS_WRITE,
    "sandbox": Scope.SANDBOX,
}

TABLE = """
method address                                      token     nob buy oth hos riv mod own sta ali adm
GET    tokens                                       any       401 200 200 200 200 200 200 200 200 200
POST   tokens                                       any       401 201 201 201 201 201 201 201 201 201
DELETE tokens/{token}                               any       401 204 404 404 404 404 404 404 404 404
POST   accounts                                     any       201 201 201 201 201 201 201 201 201 201
POST   session                                      any       200 200 200 200 200 200 200 200 200 200
DELETE session                                      cookie    401 204 204 204 204 204 204 204 204 204
GET    me                                           any       401 200 200 200 200 200 200 200 200 200
PATCH  me                                           cookie    401 200 200 200 200 200 200 200 200 200
GET    brands                                       any       200 200 200 200 200 200 200 200 200 200
POST   brands                                       catalogue 401 201 201 201 201 201 201 201 201 201
GET    brands/{brand}                               any       200 200 200 200 200 200 200 200 200 200
PATCH  brands/{brand}                               catalogue 401 404 404 404 404 404 200 403 404 200
GET    brands/{brand}/return-rates                  any       200 200 200 200 200 200 200 200 200 200
GET    brands/{brand}/sales                         money     401 404 404 404 404 404 200 200 404 200
GET    brands/{brand}/members                       any       401 404 404 404 404 404 200 200 404 200
POST   brands/{brand}/members                       cookie    401 404 404 404 404 404 201 403 404 201
PATCH  brands/{brand}/members/{staff}               cookie    401 404 404 404 404 404 200 403 404 200
DELETE brands/{brand}/members/{staff}               cookie    401 404 404 404 404 404 204 204 404 204
POST   brands/{brand}/catalogue/imports             catalogue 401 404 404 404 404 404 200 200 404 200
GET    brands/{brand}/catalogue/export              any       401 404 404 404 404 404 200 200 404 200
GET    categories                                   any       200 200 200 200 200 200 200 200 200 200
POST   categories                                   catalogue 401 403 403 403 403 403 403 403 403 201
GET    categories/{category}                        any       200 200 200 200 200 200 200 200 200 200
PATCH  categories/{category}                        catalogue 401 403 403 403 403 403 403 403 403 200
GET    products                                     any       200 200 200 200 200 200 200 200 200 200
GET    products?state=all                           any       401 200 200 200 200 200 200 200 200 200
POST   products                                     catalogue 401 404 404 404 404 404 201 201 404 201
GET    products/{product}                           any       200 200 200 200 200 200 200 200 200 200
GET    products/{hidden}                            any       404 404 404 404 404 404 200 200 404 200
PATCH  products/{product}                           catalogue 401 404 404 404 404 404 200 200 404 200
POST   products/{hidden}/publish                    catalogue 401 404 404 404 404 404 200 200 404 200
POST   products/{product}/archive                   catalogue 401 404 404 404 404 404 200 200 404 200
GET    products/{product}/variants                  any       200 200 200 200 200 200 200 200 200 200
GET    products/{hidden}/variants                   any       404 404 404 404 404 404 200 200 404 200
GET    products/{product}/return-rates              any       200 200 200 200 200 200 200 200 200 200
GET    products/{hidden}/return-rates               any       404 404 404 404 404 404 200 200 404 200
GET    products/{product}/sales                     money     401 403 403 403 403 403 200 200 403 200
GET    products/{hidden}/sales                      money     401 404 404 404 404 404 200 200 404 200
POST   products/{product}/variants                  catalogue 401 404 404 404 404 404 201 201 404 201
POST   products/{product}/pictures                  catalogue 401 404 404 404 404 404 201 201 404 201
PUT    products/{product}/pictures/order            catalogue 401 404 404 404 404 404 200 200 404 200
PATCH  pictures/{picture}                           catalogue 401 404 404 404 404 404 200 200 404 200
DELETE pictures/{picture}                           catalogue 401 404 404 404 404 404 204 204 404 204
GET    variants/{variant}                           any       200 200 200 200 200 200 200 200 200 200
GET    variants/{retired}                           any       404 404 404 404 404 404 200 200 404 200
PATCH  variants/{variant}                           catalogue 401 404 404 404 404 404 200 200 404 200
POST   variants/{retired}/activate                  catalogue 401 404 404 404 404 404 200 200 404 200
POST   variants/{variant}/deactivate                catalogue 401 404 404 404 404 404 200 200 404 200
GET    variants/{variant}/stock                     any       401 404 404 404 404 404 200 200 404 200
POST   variants/{variant}/stock/restock             catalogue 401 404 404 404 404 404 200 200 404 200
POST   variants/{variant}/stock/correct             catalogue 401 404 404 404 404 404 200 200 404 200
GET    variants/{variant}/stock/movements           any       401 404 404 404 404 404 200 200 404 200
GET    streamers                                    any       200 200 200 200 200 200 200 200 200 200
POST   streamers                                    host      401 201 201 409 409 201 201 201 201 201
GET    streamers/me                                 any       401 403 403 200 200 403 403 403 403 403
GET    streamers/{streamer}                         any       200 200 200 200 200 200 200 200 200 200
PATCH  streamers/{streamer}                         host      401 403 403 200 403 403 403 403 403 200
GET    streamers/{streamer}/return-rates            any       200 200 200 200 200 200 200 200 200 200
GET    streamers/{streamer}/sales                   money     401 403 403 200 403 403 403 403 403 200
PUT    streamers/{streamer}/agency                  host      401 403 403 403 403 403 403 403 403 200
GET    streamers/{streamer}/moderators              any       401 403 403 200 403 403 403 403 403 200
POST   streamers/{streamer}/moderators              host      401 403 403 201 403 403 403 403 403 201
DELETE streamers/{streamer}/moderators/{moderator}  host      401 403 403 204 403 403 403 403 403 204
GET    agencies                                     any       200 200 200 200 200 200 200 200 200 200
POST   agencies                                     host      401 403 403 403 403 403 403 403 403 201
GET    agencies/{agency}                            any       200 200 200 200 200 200 200 200 200 200
PATCH  agencies/{agency}                            host      401 403 403 403 403 403 403 403 403 200
GET    agencies/{agency}/members                    any       401 404 404 404 200 404 404 404 200 200
POST   agencies/{agency}/members                    cookie    401 404 404 404 201 404 404 404 403 201
PATCH  agencies/{agency}/members/{alien}            cookie    401 404 404 404 200 404 404 404 403 200
DELETE agencies/{agency}/members/{alien}            cookie    401 404 404 404 204 404 404 404 204 204
GET    collaborations                               any       401 200 200 200 200 200 200 200 200 200
POST   collaborations                               catalogue 401 404 404 404 404 404 201 201 404 201
GET    collaborations/{plan}                        any       401 404 404 200 404 404 200 200 404 200
POST   collaborations/{plan}/end                    catalogue 401 404 404 403 404 404 200 200 404 200
GET    sessions                                     any       200 200 200 200 200 200 200 200 200 200
GET    sessions?mine=true                           any       401 200 200 200 200 200 200 200 200 200
POST   sessions                                     host      401 403 403 201 201 403 403 403 403 403
GET    sessions/{live}                              any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}                             any       404 404 404 200 404 200 200 200 404 200
PATCH  sessions/{scheduled}                         host      401 403 403 200 403 403 403 403 403 200
PATCH  sessions/{draft}                             host      401 404 404 200 404 403 403 403 404 200
POST   sessions/{live}/cover                        host      401 403 403 200 403 403 403 403 403 200
GET    sessions/{live}/checklist                    any       401 403 403 200 403 403 403 403 403 200
GET    sessions/{live}/events                       any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}/events                      any       404 404 404 200 404 200 200 200 404 200
POST   sessions/{scheduled}/reminder                orders    401 201 201 201 201 201 201 201 201 201
DELETE sessions/{scheduled}/reminder                orders    401 204 204 204 204 204 204 204 204 204
GET    sessions/{live}/metrics                      any       401 403 403 200 403 403 200 200 403 200
GET    sessions/{draft}/metrics                     any       401 404 404 200 404 403 200 200 404 200
GET    sessions/{live}/report                       money     401 403 403 200 403 403 200 200 403 200
GET    sessions/{draft}/report                      money     401 404 404 200 404 403 200 200 404 200
GET    sessions/{live}/return-rates                 any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}/return-rates                any       404 404 404 200 404 200 200 200 404 200
POST   sessions/{draft}/schedule                    host      401 404 404 200 404 403 403 403 404 200
POST   sessions/{scheduled}/unschedule              host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{scheduled}/rehearse                host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{scheduled}/end-rehearsal           host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{scheduled}/start                   host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/pause                        host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/resume                       host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/end                          host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{scheduled}/cancel                  host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/replay                       host      401 403 403 200 403 403 403 403 403 200
GET    sessions/{live}/lineup                       any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}/lineup                      any       404 404 404 200 404 200 200 200 404 200
POST   sessions/{live}/lineup                       host      401 403 403 201 403 403 403 403 403 201
POST   sessions/{live}/lineup/order                 host      401 403 403 200 403 403 403 403 403 200
GET    sessions/{live}/lineup/{slot}                any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}/lineup/{draft_slot}         any       404 404 404 200 404 200 200 200 404 200
PATCH  sessions/{live}/lineup/{slot}                host      401 403 403 200 403 403 403 403 403 200
PATCH  sessions/{draft}/lineup/{draft_slot}         host      401 404 404 200 404 403 403 403 404 200
POST   sessions/{live}/lineup/{third}/discounts     host      401 403 403 200 403 403 403 403 403 403
POST   sessions/{live}/lineup/{slot}/pin            host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/lineup/{pinned}/unpin        host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/lineup/{slot}/restock        host      401 403 403 403 403 403 403 403 403 200
GET    sessions/{live}/deals                        any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{draft}/deals                       any       404 404 404 200 404 200 200 200 404 200
POST   sessions/{live}/deals                        host      401 403 403 201 403 403 403 403 403 201
GET    sessions/{live}/deals/{deal}                 any       200 200 200 200 200 200 200 200 200 200
POST   sessions/{live}/deals/{deal}/close           host      401 403 403 200 403 403 403 403 403 200
POST   sessions/{live}/captions                     host      401 403 403 201 403 403 403 403 403 201
GET    sessions/{live}/chat                         any       200 200 200 200 200 200 200 200 200 200
GET    sessions/{live}/chat?deleted=true            any       401 403 403 200 403 200 403 403 403 200
GET    sessions/{draft}/chat                        any       404 404 404 200 404 200 200 200 404 200
DELETE sessions/{live}/chat/{message}               host      401 403 403 200 403 200 403 403 403 200
POST   sessions/{live}/chat/{message}/pin           host      401 403 403 200 403 200 403 403 403 200
POST   sessions/{live}/chat/{message}/unpin         host      401 403 403 200 403 200 403 403 403 200
GET    sessions/{live}/sanctions                    any       401 403 403 200 403 200 403 403 403 200
POST   sessions/{live}/sanctions                    host      401 403 403 201 403 201 403 403 403 201
POST   sessions/{live}/sanctions/{sanction}/lift    host      401 403 403 200 403 200 403 403 403 200
GET    sessions/{live}/slow-mode                    any       200 200 200 200 200 200 200 200 200 200
POST   sessions/{live}/slow-mode                    host      401 403 403 200 403 200 403 403 403 200
GET    sessions/{live}/blocked-words                any       401 403 403 200 403 200 403 403 403 200
POST   sessions/{live}/blocked-words                host      401 403 403 201 403 201 403 403 403 201
DELETE sessions/{live}/blocked-words/{word}         host      401 403 403 204 403 204 403 403 403 204
POST   realtime/tickets                             orders    401 201 201 201 201 201 201 201 201 201
GET    orders                                       any       401 200 200 200 200 200 200 200 200 200
GET    orders?brand={brand}                         any       401 404 404 404 404 404 200 200 404 200
GET    orders?session={live}                        any       401 404 404 200 404 404 404 404 404 200
GET    orders?buyer={buyer}                         any       401 200 404 404 404 404 404 404 404 200
POST   orders                                       orders    401 201 201 201 201 201 201 201 201 201
GET    orders/{paid}                                any       401 200 404 200 404 404 200 200 404 200
POST   orders/{unpaid}/pay                          orders    401 200 404 404 404 404 404 404 404 404
GET    orders/{paid}/payments                       any       401 200 404 404 404 404 404 404 404 200
GET    orders/{shipped}/shipments                   any       401 200 404 200 404 404 200 200 404 200
POST   orders/{paid}/shipments                      orders    401 404 404 404 404 404 201 201 404 201
POST   orders/{paid}/cancel                         orders    401 200 404 404 404 404 404 404 404 404
GET    payments                                     any       401 200 200 200 200 200 200 200 200 200
GET    payments/{payment}                           any       401 200 404 404 404 404 404 404 404 200
GET    shipments                                    any       401 200 200 200 200 200 200 200 200 200
GET    shipments?brand={brand}                      any       401 404 404 404 404 404 200 200 404 200
GET    shipments/{shipment}                         any       401 200 404 404 404 404 200 200 404 200
GET    commissions?brand={brand}                    money     401 404 404 404 404 404 200 200 404 200
GET    commissions?session={live}                   money     401 404 404 200 404 404 404 404 404 200
GET    commissions?agency={agency}                  money     401 404 404 404 200 404 404 404 200 200
GET    slot-fees?brand={brand}                      money     401 404 404 404 404 404 200 200 404 200
GET    slot-fees?session={live}                     money     401 404 404 200 404 404 404 404 404 200
GET    slot-fees?agency={agency}                    money     401 404 404 404 200 404 404 404 200 200
POST   sessions/{draft}/lineup/{draft_slot}/fee     catalogue 401 404 404 403 404 403 201 201 404 403
POST   sessions/{draft}/lineup/{draft_slot}/fee/withdraw catalogue 401 404 404 403 404 403 200 200 404 403
GET    statements                                   money     401 200 200 200 200 200 200 200 200 200
GET    statements/{statement}                       money     401 404 404 404 404 404 200 200 404 200
GET    statements/{statement}/lines                 money     401 404 404 404 404 404 200 200 404 200
GET    statements/{statement}/export                money     401 404 404 404 404 404 200 200 404 200
GET    cash-calendar?party={brand}                  money     401 404 404 404 404 404 200 200 404 200
GET    cash-calendar?party={agency}                 money     401 404 404 404 200 404 404 404 200 200
GET    payouts                                      money     401 200 200 200 200 200 200 200 200 200
GET    payouts/{wage}                               money     401 404 404 404 404 404 200 200 404 200
POST   gateway/webhooks                             none      403 403 403 403 403 403 403 403 403 403
GET    refunds                                      any       401 200 200 200 200 200 200 200 200 200
GET    refunds/{refund}                             any       401 200 404 404 404 404 404 404 404 200
GET    returns                                      any       401 200 200 200 200 200 200 200 200 200
GET    returns?brand={brand}                        any       401 404 404 404 404 404 200 200 404 200
POST   returns                                      returns   401 201 404 404 404 404 404 404 404 404
GET    returns/eligibility?order={arrived}          any       401 200 404 404 404 404 404 404 404 404
POST   returns/preview                              returns   401 200 404 404 404 404 404 404 404 404
GET    returns/{return}                             any       401 200 404 404 404 404 200 200 404 200
POST   returns/{return}/evidence                    returns   401 201 404 404 404 404 201 201 404 201
POST   returns/{return}/approve                     returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/reject                      returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/offer                       returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/accept-offer                returns   401 200 404 404 404 404 403 403 404 403
POST   returns/{return}/decline-offer               returns   401 200 404 404 404 404 403 403 404 403
POST   returns/{return}/send-back                   returns   401 200 404 404 404 404 403 403 404 403
POST   returns/{return}/receive                     returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/accept-goods                returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/refuse-goods                returns   401 403 404 404 404 404 200 200 404 200
POST   returns/{return}/dispute                     returns   401 200 404 404 404 404 409 409 404 409
POST   returns/{return}/decide                      returns   401 403 404 404 404 404 403 403 404 200
POST   returns/{return}/withdraw                    returns   401 200 404 404 404 404 403 403 404 403
POST   evidence                                     returns   401 201 201 201 201 201 201 201 201 201
GET    evidence/{evidence}                          any       401 200 404 404 404 404 200 200 404 200
GET    evidence/{evidence}/file                     any       401 200 404 404 404 404 200 200 404 200
GET    /                                            none      200 200 200 200 200 200 200 200 200 200
POST   /live/{scheduled}/reminder                   none      302 302 302 302 302 302 302 302 302 302
GET    /orders                                      none      302 200 200 200 200 200 200 200 200 200
GET    /orders/{paid}                               none      302 200 404 200 404 404 200 200 404 200
GET    /orders/{unpaid}/checkout                    none      302 200 404 404 404 404 404 404 404 404
POST   /orders/{unpaid}/checkout                    none      302 400 404 404 404 404 404 404 404 404
POST   /orders/{paid}/cancel                        none      302 302 404 404 404 404 404 404 404 404
GET    /orders/{arrived}/lines/{arrived_line}/return none      302 200 404 404 404 404 404 404 404 404
POST   /orders/{arrived}/lines/{arrived_line}/return none      302 200 404 404 404 404 404 404 404 404
GET    /returns                                    none      302 200 200 200 200 200 200 200 200 200
GET    /returns/{return}                           none      302 200 404 404 404 404 302 302 404 302
POST   /returns/{return}/evidence                  none      302 400 404 404 404 404 403 403 404 403
POST   /returns/{return}/accept-offer              none      302 400 404 404 404 404 403 403 404 403
POST   /returns/{return}/decline-offer             none      302 400 404 404 404 404 403 403 404 403
POST   /returns/{return}/send-back                 none      302 400 404 404 404 404 403 403 404 403
POST   /returns/{return}/dispute                   none      302 400 404 404 404 404 403 403 404 403
POST   /returns/{return}/withdraw                  none      302 400 404 404 404 404 403 403 404 403
GET    /sign-in                                     none      200 200 200 200 200 200 200 200 200 200
POST   /sign-in                                     none      400 400 400 400 400 400 400 400 400 400
GET    /sign-up                                     none      200 200 200 200 200 200 200 200 200 200
POST   /sign-up                                     none      400 400 400 400 400 400 400 400 400 400
POST   /sign-out                                    none      302 302 302 302 302 302 302 302 302 302
POST   /demo-viewer                                 none      302 302 302 302 302 302 302 302 302 302
GET    /live/{live}                                 none      200 200 200 200 200 200 200 200 200 200
GET    /replays/{live}                              none      302 302 302 302 302 302 302 302 302 302
POST   /buy                                         none      302 302 302 302 302 302 302 302 302 302
POST   sandbox/people                               sandbox   401 201 201 201 201 201 201 201 201 201
GET    sandbox/audit                                sandbox   401 200 200 200 200 200 200 200 200 200
GET    sandbox/clock                                sandbox   401 200 200 200 200 200 200 200 200 200
POST   sandbox/clock/advance                        sandbox   401 200 200 200 200 200 200 200 200 200
GET    /sandbox/clock                               none      200 200 200 200 200 200 200 200 200 200
POST   /sandbox/clock                               none      302 400 400 400 400 400 400 400 400 400
GET    /media/products/nothing.png                  none      404 404 404 404 404 404 404 404 404 404
GET    /api/schema/                                 none      200 200 200 200 200 200 200 200 200 200
GET    /api/docs/                                   none      200 200 200 200 200 200 200 200 200 200
GET    /api/docs/errors/                            none      200 200 200 200 200 200 200 200 200 200
GET    /sandbox/gateway/v1/payments                 none      401 401 401 401 401 401 401 401 401 401
POST   /sandbox/gateway/v1/payments                 none      401 401 401 401 401 401 401 401 401 401
GET    /sandbox/gateway/v1/payments/{charge}        none      401 401 401 401 401 401 401 401 401 401
GET    /sandbox/gateway/v1/payouts                  none      401 401 401 401 401 401 401 401 401 401
POST   /sandbox/gateway/v1/refunds                  none      401 401 401 401 401 401 401 401 401 401
GET    /sandbox/gateway/v1/refunds/{reversal}       none      401 401 401 401 401 401 401 401 401 401
"""


class Row(NamedTuple):
    """What a route answers to whom."""

    method: str
    address: str
    token: str
    statuses: dict[str, int]

    @property
    def path(self) -> str:
        """Return the whole address, with names of things in it."""
        return self.address if self.address.startswith("/") else f"/api/v1/{self.address}"

    @property
    def area(self) -> str:
        """Return what the address begins with."""
        return re.split(r"[/?]", self.address.removeprefix("/"))[0] or "lobby"

    @property
    def allowed(self) -> str | None:
        """Return the first role that is let in, None when nobody is."""
        return next(
            (role for role, status in self.statuses.items() if role != "nobody" and status < 300), None
        )


def _read(line: str) -> Row:
    method, address, token, *statuses = line.split()
    return Row(method, address, token, dict(zip(ROLES, map(int, statuses), strict=True)))


ROWS = [_read(line) for line in TABLE.strip().splitlines()[1:]]


def by_area(rows: Iterable[Row]) -> list[list[Row]]:
    """Return rows by what their addresses begin with: a test for each costs as much as two requests more."""
    areas: dict[str, list[Row]] = {}
    for row in rows:
        areas.setdefault(row.area, []).append(row)
    return list(areas.values())


def area_of(rows: list[Row]) -> str:
    """Return the name of rows that have the same area."""
    return rows[0].area


def name_of(row: Row) -> str:
    """Return the name of a row."""
    return f"{row.method} {row.address}"
