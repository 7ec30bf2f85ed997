"""Sentences that a page and its script share: why nothing was sold, and how much came back."""

from marketplace.reports.queries.sales import CameBack

#: Below so many paid units a percentage says more than is known.
FEW_UNITS = 20

#: Why nothing was sold, and what to do next.
REFUSALS: dict[str, str] = {
    "sold_out": "There are not that many left. Unpaid orders give their units back, so look again later.",
    "price_changed": "The price has changed and nothing was bought. If the price shown suits you, buy again.",
    "limit_reached": "You have bought as many of these as one person may.",
    "deal_closed": "This deal is over and nothing was bought. It may still be had at its live price.",
    "not_on_sale": "This product is not on sale at the moment.",
    "banned": "You were banned from this show and cannot buy in it.",
    "session_not_live": "Nothing can be bought here at the moment. Buying goes on when the show does.",
    "busy": "Very many people are buying right now and nothing was bought. Please try again.",
    "sign_in_required": "Please sign in to buy.",
    "idempotency_mismatch": "This form was used before. It has been renewed: please check it and buy again.",
    "invalid": "The order was not complete. Choose a quantity and buy again.",
}


def came_back(rate: CameBack | None) -> str:
    """Return a refund rate in words: counted units while they are few, a percentage from 20 on."""
    if rate is None:
        return "no refund rate yet"
    if rate.paid < FEW_UNITS:
        return f"{rate.back} of {rate.paid} unit{'' if rate.paid == 1 else 's'} came back"
    percent = "under 1" if rate.back and not rate.percent else rate.percent
    return f"{percent} % of {rate.paid:,} units came back"
