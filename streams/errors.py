"""What can be wrong with a request to a session."""

from marketplace.errors import Conflict, Forbidden


class WrongSessionState(Conflict):
    """The session is not in a state from which this can be done; ``data.state`` says where it is."""

    code = "wrong_session_state"
    message = "The session is not in a state that allows this."
    cure = "Read the session; data.allowed lists the states it can move to from where it is."


class QuotaConflict(Conflict):
    """More would be taken than allotted, or more given back than taken."""

    code = "quota_conflict"
    message = "The units are no longer there to take."
    cure = "Read the line-up again and ask for what is left."


class AlreadyOnAir(Conflict):
    """The streamer has another session on air; one at a time."""

    code = "already_on_air"
    message = "The streamer already has a session on air."
    cure = "End the session named in data.session, then start this one."


class NotReady(Conflict):
    """The session fails a check that going live demands; ``data.failed`` names the checks."""

    code = "not_ready"
    message = "The session is not ready to go live."
    cure = "Read the session's checklist and put right what data.failed names."


class BrandHasNotAgreed(Forbidden):
    """The brand has no running plan with the streamer, or an exclusive one with somebody else."""

    code = "brand_has_not_agreed"
    message = "The brand has not agreed that this streamer sells its products."
    cure = "Ask the brand for a collaboration, or choose a product of a brand that has an open plan."


class NotForSale(Conflict):
    """The product is not published, or the variant is not active."""

    code = "not_for_sale"
    message = "This variant is not for sale."
    cure = "Publish the product and activate the variant first."


class AlreadyInLineup(Conflict):
    """The variant has a slot in this session; ``data.slot`` names it."""

    code = "already_in_lineup"
    message = "The variant is already in the line-up."
    cure = "Change the slot named in data.slot instead."


class OtherCurrency(Conflict):
    """A price is not in the currency of the variant or the session; ``data.currency`` names the right one."""

    code = "other_currency"
    message = "The price is in another currency."
    cure = "Give the price in data.currency; a session sells in one currency."


class DiscountsExceedPrice(Conflict):
    """Nothing would be left to pay of the live price; ``data.discounts`` says what comes off it."""

    code = "discounts_exceed_price"
    message = "The discounts would leave nothing to pay."
    cure = "Keep the sum of the discounts below the live price."


class AllocationBelowTaken(Conflict):
    """The allocation would be less than what has been sold; ``data.taken`` says how much that is."""

    code = "allocation_below_taken"
    message = "More units than that have been sold already."
    cure = "Allot at least data.taken units."


class NotEnoughLeft(Conflict):
    """A deal asks for more units than its slot has left; ``data.left`` says how many there are."""

    code = "not_enough_left"
    message = "The slot has fewer units left than the deal's quota."
    cure = "Lower the quota to data.left, raise the slot's allocation, or restock."


class DealStillOpen(Conflict):
    """The slot has a deal that is not over; ``data.deal`` names it."""

    code = "deal_still_open"
    message = "The slot already has an open deal."
    cure = "Close the deal named in data.deal first, or wait for its end."


class LineupMoved(Conflict):
    """The line-up grew while the whole of it was being locked."""

    code = "lineup_moved"
    message = "The line-up changed at this very moment."
    cure = "Send the request again."


class AlreadyStreamer(Conflict):
    """The person is a streamer; ``data.streamer`` is their profile."""

    code = "already_streamer"
    message = "You are a streamer already."
    cure = "Change the profile named in data.streamer instead."


class StreamerNameTaken(Conflict):
    """Another streamer goes by this name."""

    code = "streamer_name_taken"
    message = "Another streamer goes by this name."
    cure = "Choose another name."


class AgencyNameTaken(Conflict):
    """Another agency goes by this name."""

    code = "agency_name_taken"
    message = "Another agency goes by this name."
    cure = "Choose another name."


class CollaborationOver(Conflict):
    """The plan has ended; what has ended does not change."""

    code = "collaboration_over"
    message = "The plan has ended already."
    cure = "Make a new plan."
