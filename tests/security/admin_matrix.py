"""The authorization matrix of the admin: who sees which list and page, and whose buttons do something.

Roles stand in the order of ``tests.security.world.ROLES``: nobody, buyer, other, host, rival, moderator,
owner, staff, alien, admin.

``-``  sent to the door, where people sign in
``x``  refused: there is no such page for this person
``l``  sees the list, in which the thing is not
``r``  sees the page, and is refused when the form is sent
``v``  sees the page; the button does what it says
"""

from typing import NamedTuple

from tests.security.world import ROLES

LISTS = """
list                                 thing        n b o h r m o s a a
marketplace_product                  product      - - - x x x v v l v
marketplace_brand                    brand        - - - x x x v v l v
marketplace_category                 category     - - - x x x x x x v
marketplace_fact                     fact         - - - x x x x x x v
marketplace_user                     other        - - - x x x x x x v
marketplace_variant                  variant      - - - x x x v v l v
marketplace_stocklevel               level        - - - x x x v v l v
marketplace_stockmovement            movement     - - - x x x v v l v
streams_chatmessage                  message      - - - v l v x x x v
streams_chatsanction                 sanction     - - - v l v x x x v
streams_blockedword                  word         - - - v l v x x x v
streams_collaboration                plan         - - - v l x v v l v
streams_session                      live         - - - v l x x x x v
streams_slot                         slot         - - - v l x x x x v
streams_slotprice                    slot         - - - v l x v v l v
streams_deal                         deal         - - - v l x x x x v
streams_roomevent                    event        - - - v l x x x x v
streams_streamer                     streamer     - - - v l x x x x v
streams_agency                       agency       - - - x v x x x v v
orders_orderline                     line         - - - x x x v v l v
orders_payment                       payment      - - - x x x x x x v
orders_inboundwebhook                inbox        - - - x x x x x x v
orders_account                       account      - - - x x x x x x v
orders_transfer                      transfer     - - - x x x x x x v
orders_receivedpayout                payout       - - - x x x x x x v
orders_statement                     statement    - - - l l x v v l v
orders_hold                          hold         - - - l l x v v l v
orders_payout                        wage         - - - l l x v v l v
orders_commissionline                line         - - - v v x v v v v
orders_slotfee                       fee          - - - v v x v v v v
orders_settledline                   settled      - - - x x x x x x v
orders_settlementrun                 run          - - - x x x x x x v
orders_reservetier                   tier         - - - x x x x x x v
orders_shipment                      shipment     - - - x x x v v l v
orders_order                         paid         - - - x x x v v l v
refunds_refund                       refund       - - - x x x x x x v
refunds_return                       return       - - - x x x v v l v
"""

BUTTONS = """
button                               thing        n b o h r m o s a a
marketplace_product_publish          hidden       - - - x x x v v x v
marketplace_product_archive          product      - - - x x x v v x v
marketplace_product_edit             product      - - - x x x v v x v
marketplace_product_restock          product      - - - x x x v v x v
marketplace_product_add_variant      product      - - - x x x v v x v
marketplace_product_add_picture      product      - - - x x x v v x v
marketplace_product_cover_picture    product      - - - x x x v v x v
marketplace_product_delete_picture   product      - - - x x x v v x v
marketplace_brand_create             -            - - - x x x v v v v
marketplace_brand_reports            brand        - - - x x x v v x v
marketplace_brand_edit               brand        - - - x x x v r x v
marketplace_brand_add_product        brand        - - - x x x v v x v
marketplace_brand_add_member         brand        - - - x x x v r x v
marketplace_brand_change_member      brand        - - - x x x v r x v
marketplace_brand_remove_member      brand        - - - x x x v v x v
marketplace_brand_import_file        brand        - - - x x x v v x v
marketplace_brand_export_file        brand        - - - x x x v v x v
marketplace_category_create          -            - - - x x x x x x v
marketplace_category_edit            category     - - - x x x x x x v
marketplace_user_create              -            - - - x x x x x x v
marketplace_user_set_password        other        - - - x x x x x x v
marketplace_user_block               other        - - - x x x x x x v
marketplace_user_unblock             other        - - - x x x x x x v
marketplace_user_grant_staff         other        - - - x x x x x x v
marketplace_user_revoke_staff        other        - - - x x x x x x v
marketplace_variant_restock          variant      - - - x x x v v x v
marketplace_variant_count            variant      - - - x x x v v x v
marketplace_variant_edit             variant      - - - x x x v v x v
marketplace_variant_activate         retired      - - - x x x v v x v
marketplace_variant_deactivate       variant      - - - x x x v v x v
streams_chatmessage_remove           message      - - - v x v x x x v
streams_chatmessage_pin              message      - - - v x v x x x v
streams_chatmessage_unpin            message      - - - v x v x x x v
streams_chatmessage_mute             message      - - - v x v x x x v
streams_chatmessage_ban              message      - - - v x v x x x v
streams_chatsanction_lift            sanction     - - - v x v x x x v
streams_blockedword_unblock          word         - - - v x v x x x v
streams_blockedword_block            -            - - - v r v x x x v
streams_collaboration_create         -            - - - r r x v v r v
streams_collaboration_end            plan         - - - r x x v v x v
streams_session_create               -            - - - v v x x x x r
streams_session_console              live         - - - v x x x x x v
streams_session_report               live         - - - v x x x x x v
streams_session_start                scheduled    - - - v x x x x x v
streams_session_resume               live         - - - v x x x x x v
streams_session_pause                live         - - - v x x x x x v
streams_session_end                  live         - - - v x x x x x v
streams_session_pin                  live         - - - v x x x x x v
streams_session_unpin                live         - - - v x x x x x v
streams_session_open_deal            live         - - - v x x x x x v
streams_session_close_deal           live         - - - v x x x x x v
streams_session_add_slot             live         - - - v x x x x x v
streams_session_schedule             draft        - - - v x x x x x v
streams_session_unschedule           scheduled    - - - v x x x x x v
streams_session_rehearse             scheduled    - - - v x x x x x v
streams_session_end_rehearsal        scheduled    - - - v x x x x x v
streams_session_edit                 draft        - - - v x x x x x v
streams_session_cover                live         - - - v x x x x x v
streams_session_cancel               draft        - - - v x x x x x v
streams_slot_pin                     slot         - - - v x x x x x v
streams_slot_open_deal               third        - - - v x x x x x v
streams_slot_unpin                   slot         - - - v x x x x x v
streams_slot_edit                    slot         - - - v x x x x x v
streams_slotprice_discount           third        - - - r x x v v x r
streams_deal_close                   deal         - - - v x x x x x v
streams_streamer_edit                streamer     - - - v x x x x x v
streams_streamer_add_moderator       streamer     - - - v x x x x x v
streams_streamer_remove_moderator    streamer     - - - v x x x x x v
streams_streamer_agency_choice       streamer     - - - r x x x x x v
streams_agency_create                -            - - - x r x x x r v
streams_agency_share                 agency       - - - x r x x x r v
streams_agency_add_member            agency       - - - x v x x x r v
streams_agency_change_member         agency       - - - x v x x x r v
streams_agency_remove_member         agency       - - - x v x x x v v
orders_orderline_ship                line         - - - x x x v v x v
orders_order_ship                    paid         - - - x x x v v x v
orders_order_cancel                  paid         - - - x x x v v x v
orders_slotfee_offer                 -            - - - r r x v v r r
orders_slotfee_withdraw              fee          - - - r r x v v r r
refunds_refund_retry                 refund       - - - x x x x x x v
refunds_return_approve               return       - - - x x x v v x v
refunds_return_reject                return       - - - x x x v v x v
refunds_return_offer                 return       - - - x x x v v x v
refunds_return_receive               return       - - - x x x v v x v
refunds_return_accept_goods          return       - - - x x x v v x v
refunds_return_refuse_goods          return       - - - x x x v v x v
refunds_return_dispute               return       - - - x x x v v x v
refunds_return_show_file             return       - - - x x x v v x v
refunds_return_decide                return       - - - x x x x x x v
"""

#: Actions on what is ticked in a list: of a list in which the thing is not, nothing can be ticked.
BULK = """
list action                              thing        n b o h r m o s a a
marketplace_product publish_selected     hidden       - - - x x x v v l v
marketplace_product archive_selected     product      - - - x x x v v l v
orders_orderline ship_selected           line         - - - x x x v v l v
"""

#: Pages of the site itself, in the same order of roles; what they show is each person's own.
PAGES = """
page                 n b o h r m o s a a
index                - - - v v v v v v v
search               - - - v v v v v v v
jsi18n               - - - v v v v v v v
password_change      - - - v v v v v v v
password_change_done - - - v v v v v v v
autocomplete         - - - x x x x x x x
"""


class Row(NamedTuple):
    """What one page, or one list and the page of one thing in it, is for each role."""

    name: str
    thing: str
    cells: dict[str, str]


def _rows(table: str, thing: str = "") -> list[Row]:
    rows = []
    for line in table.strip().splitlines()[1:]:
        *name, last = line.split()[: -len(ROLES)]
        cells = dict(zip(ROLES, line.split()[-len(ROLES) :], strict=True))
        rows.append(Row(last, thing, cells) if thing else Row(" ".join(name), last, cells))
    return rows


LIST_ROWS, BUTTON_ROWS, BULK_ROWS = map(_rows, (LISTS, BUTTONS, BULK))
PAGE_ROWS = _rows(PAGES, thing="-")
