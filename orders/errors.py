"""What can be wrong with a request about an order."""

from marketplace.errors import Conflict


class WrongOrderState(Conflict):
    """The order or payment is not in a state from which this can be done; ``data.state`` says where it is."""

    code = "wrong_order_state"
    message = "The order is not in a state that allows this."
    cure = "Read the order; its state says what can be done with it."
