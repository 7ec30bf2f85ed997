"""What the company answers when it says no: ``{"error": {"code", "message", "param"}}``."""


class Refusal(Exception):
    """A request that the company does not carry out; nothing has happened."""

    def __init__(self, status: int, code: str, message: str, *, param: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param

    def to_wire(self) -> dict[str, dict[str, str]]:
        """Return the body of the answer."""
        return {"error": {"code": self.code, "message": str(self), "param": self.param}}


def not_found(what: str) -> Refusal:
    """Return the refusal of a request about something that does not exist."""
    return Refusal(404, "not_found", f"There is no such {what}.")
