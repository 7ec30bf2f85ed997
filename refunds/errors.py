"""What can be wrong with a return."""

from marketplace.errors import Conflict, Gone, Invalid


class NotReturnable(Conflict):
    """The line cannot be returned this way; ``data.why`` says what stands against it."""

    code = "not_returnable"
    message = "This cannot be returned that way."
    cure = "Read the order's return eligibility: it lists what can be asked for, and until when."


class WrongReturnState(Conflict):
    """The return is not in a state from which this can be done; ``data.state`` says where it is."""

    code = "wrong_return_state"
    message = "The return is not in a state that allows this."
    cure = "Read the return; its next_actions say who can do what."


class DeadlinePassed(Gone):
    """The time to do this is over; ``data.default_on_timeout`` happens by itself within a minute."""

    code = "deadline_passed"
    message = "The time for this is over."
    cure = "Read the return in a minute; its next_actions say what can be done then."


class EvidenceNeeded(Conflict):
    """A claim of this kind has to show a file."""

    code = "evidence_needed"
    message = "This claim needs a picture."
    cure = "Upload a file to /api/v1/evidence and name its id in evidence."


class BadEvidence(Invalid):
    """The file is not of a kind that returns take."""

    code = "bad_evidence"
    message = "The file is not a PNG, JPEG, WebP or PDF file."
    cure = "Send a PNG, JPEG, WebP or PDF file of at most data.limit bytes."
