"""What a buyer reads when nothing was sold: why, and what to do next. The page and its script share it."""

REFUSALS: dict[str, str] = {
    "sold_out": "There are not that many left. Unpaid orders give their units back, so look again later.",
    "price_changed": "The price has changed and nothing was bought. If the price shown suits you, buy again.",
    "limit_reached": "You have bought as many of these as one person may.",
    "deal_closed": "This deal is over and nothing was bought. It may still be had at its live price.",
    "not_on_sale": "This product is not on sale at the moment.",
    "session_not_live": "Nothing can be bought here at the moment. Buying goes on when the show does.",
    "busy": "Very many people are buying right now and nothing was bought. Please try again.",
    "sign_in_required": "Please sign in to buy. Your choice is kept.",
    "idempotency_mismatch": "This form was used before. It has been renewed: please check it and buy again.",
    "invalid": "The order was not complete. Choose a quantity and buy again.",
}
