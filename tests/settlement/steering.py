"""Steps that lead a random life to what it has not seen yet: mishaps of the bank, an offer, a dispute."""

from django.db.models import F

from marketplace.actions.stock import restock_variant
from marketplace.lib import clock
from marketplace.lib.atomic import action
from marketplace.lib.money import Money
from marketplace.models import User
from orders.models import OrderLine, Payout, SettledLine, SimulatedBankTransfer
from orders.payments.bank import desk
from orders.settlement.claw_back import back_of, left_of
from orders.settlement.payouts import lock_payable
from orders.tasks import sweep_payouts
from refunds.models import Return, ReturnHistory
from refunds.return_states import State
from tests.orders.shop import caller, ship
from tests.orders.times import later
from tests.people import sign_up
from tests.refunds.claims import DAY, asked, asker
from tests.refunds.market import Market
from tests.settlement.sales import end_period, give_back, sell

#: Last digits of a payout's first try, by what the bank makes of it.
MISHAPS = {"failed": desk.FAILS, "late": desk.LATE, "twice": desk.TWICE, "silent": desk.SILENT}
#: Who does what in which state for a return to end in an accepted offer, or to be disputed.
TOWARDS = {
    "part": {State.REQUESTED: ("seller", "offer"), State.OFFERED: ("buyer", "accept_offer")},
    "dispute": {
        State.REQUESTED: ("seller", "reject"),
        State.REJECTED: ("buyer", "dispute"),
        State.IN_TRANSIT: ("seller", "dispute"),
        State.RECEIVED: ("seller", "refuse_goods"),
        State.REFUSED: ("buyer", "dispute"),
    },
}


class Steered(Market):
    """A market that can be led to everything which has to be seen of it."""

    restocked = 0

    def unseen(self) -> list[str]:
        """Return what has not come about yet."""
        first_tries = SimulatedBankTransfer.objects.filter(key__endswith=".0")
        endings = {amount % 100 for amount in first_tries.values_list("amount", flat=True)}
        unseen = [name for name, ending in MISHAPS.items() if ending not in endings]
        if not Return.objects.filter(state=State.ACCEPTED, offered__lt=F("amount")).exists():
            unseen.append("part")
        if not ReturnHistory.objects.filter(to_state=State.DISPUTED).exists():
            unseen.append("dispute")
        return unseen

    def steer(self) -> str:
        """Do what leads to something unseen, a random thing when all is seen, and return its name."""
        unseen = self.unseen()
        if not unseen:
            return self.step()
        wanted = self.chance.choice(unseen)
        if wanted in MISHAPS:
            self._spoil_payout(MISHAPS[wanted])
        else:
            self._lead_return(wanted)
        return f"towards {wanted}"

    def _lead_return(self, wanted: str) -> None:
        """Take one step of a return towards its end; ask for one when none can come to it."""
        path = TOWARDS[wanted]
        case = Return.objects.filter(state__in=path).exclude(line__state="paid").order_by("id").last()
        if case is None:
            stranger = self._stranger()
            asked(stranger, self._arrived(stranger))
            return
        actor, step = path[State(case.state)]
        who = self.buyers[case.buyer_id][1] if actor == "buyer" else self.seller
        answer = self._take(who, case, step)
        assert answer.status_code in {200, 409}, answer.content

    def _spoil_payout(self, ending: int) -> None:
        """Let the bank end what is on its way, and send the brand what it misbehaves with."""
        if Payout.objects.filter(owner=self.shop.brand.id).exclude(state="done").exists():
            later(self.hours, DAY)
            sweep_payouts()
        while not self._give_back_for(ending):
            self._arrived(self.chance.choice(self.people))
            later(self.hours, 8 * DAY)
            end_period(self.hours)
        sweep_payouts()

    def _give_back_for(self, ending: int) -> bool:
        """Give so little of a settled line back that what the brand can be paid ends so; tell whether."""
        currency = self.shop.price.currency
        with action():
            payable = lock_payable("brand", self.shop.brand.id, currency)
        lines = SettledLine.objects.filter(refund="", line__refunded__lt=F("line__amount"))
        for settled in lines.select_related("line__order").order_by("-id") if payable > 0 else ():
            everybodys = left_of(settled)
            for back in range(1, min(settled.line.amount - settled.line.refunded, 200)):
                left = payable - back_of(everybodys, Money(back, currency)).parts.brand.amount
                if left > 0 and left % 100 == ending:
                    give_back(settled.line.order, back)
                    return True
        return False

    def _stranger(self) -> User:
        """Return somebody new: nobody trusts them so much that they have all of it back at once."""
        person = sign_up(f"stranger{len(self.people)}")
        self.people.append(person)
        self.buyers[person.id] = caller(person), asker(person)
        return person

    def _arrived(self, buyer: User) -> OrderLine:
        """Return a line that has just come to its buyer, of units for which the shelf was filled up."""
        variant, units = self.shop.slot.variant_id, 3
        restock_variant(variant_id=variant, quantity=units, note="", actor=self.shop.owner, now=clock.now())
        self.restocked += units
        order = sell(self.shop, buyer, quantity=units)
        assert ship(self.warehouse, order).status_code == 201
        later(self.hours, 4 * DAY)
        return order.lines.get()
