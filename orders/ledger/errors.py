"""What the ledger refuses. Each undoes the caller's transaction: none is an answer to a person."""


class LedgerError(Exception):
    """A transfer was not posted."""


class Unbalanced(LedgerError):
    """The entries of a transfer do not sum to zero in each currency, or one of them moves nothing."""


class InsufficientBalance(LedgerError):
    """A transfer would take more from an account than is in it."""


class KeyReused(LedgerError):
    """The key stands for a transfer with other inputs."""


class AlreadyReversed(LedgerError):
    """A transfer is taken back once, and what takes it back is not taken back itself."""


class NotPosted(LedgerError):
    """A transaction moved something to a state that means money, and posted no transfer about it."""


class AppendOnly(LedgerError):
    """Transfers and entries are neither changed nor deleted: take a transfer back with ``reverse``."""
