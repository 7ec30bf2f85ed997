"""What can be wrong with a request to a session."""

from marketplace.errors import Conflict


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
