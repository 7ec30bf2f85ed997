"""The authorization matrix of the console: who presses which button of which show.

Roles and cells are those of ``tests.security.admin_matrix``: ``-`` is sent to the door, for ``x`` there is
no such page, for ``v`` it does what it says.
"""

from typing import Any, NamedTuple

from tests.security.world import ROLES

PAGES = """
page             n b o h r m o s a a
shows            - - - v v v x x x v
show             - - - v x v x x x v
stage            - - - v x v x x x v
figures          - - - v x x x x x v
reports          - - - v v x v v v v
report           - - - v x x v v x v
"""

#: The Money pages, the last of them of the brand's statement.
MONEY = """
page             n b o h r m o s a a
overview         - - - v v x v v v v
statement        - - - x x x v v x v
"""

BUTTONS = """
button           session    thing     n b o h r m o s a a
schedule         draft      -         - - - v x x x x x v
rehearse         scheduled  -         - - - v x x x x x v
end_rehearsal    scheduled  -         - - - v x x x x x v
start            scheduled  -         - - - v x x x x x v
pause            live       -         - - - v x x x x x v
resume           live       -         - - - v x x x x x v
end              live       -         - - - v x x x x x v
say              live       -         - - - v x x x x x v
add              live       -         - - - v x x x x x v
copy             draft      -         - - - v x x x x x v
pin              live       slot      - - - v x x x x x v
unpin            live       pinned    - - - v x x x x x v
sale             live       slot      - - - v x x x x x v
terms            live       slot      - - - v x x x x x v
move             live       slot      - - - v x x x x x v
restock          live       slot      - - - r x x x x x v
open_deal        live       third     - - - v x x x x x v
close_deal       live       deal      - - - v x x x x x v
pin_message      live       message   - - - v x v x x x v
unpin_message    live       message   - - - v x v x x x v
delete_message   live       message   - - - v x v x x x v
mute             live       message   - - - v x v x x x v
ban              live       message   - - - v x v x x x v
lift             live       sanction  - - - v x v x x x v
slow_mode        live       -         - - - v x v x x x v
block_word       live       -         - - - v x v x x x v
unblock_word     live       word      - - - v x v x x x v
"""

#: What a button's form sends.
FORMS: dict[str, dict[str, Any]] = {
    "schedule": {"at": "tomorrow"},
    "end": {"confirmed": "1"},
    "say": {"text": "Smell this.", "key": "said"},
    "add": {"variant": "{spare_variant}", "price": "39.90"},
    "copy": {"source": "{live}"},
    "sale": {},
    "terms": {"price": "29.90"},
    "move": {"way": "down"},
    "restock": {"quantity": "5", "key": "restocked"},
    "open_deal": {"price": "29.90", "quota": "1", "seconds": "60", "opens_in": "0"},
    "mute": {"seconds": "60"},
    "slow_mode": {"seconds": "5"},
    "block_word": {"word": "cheap"},
}


class Row(NamedTuple):
    """What one address is for each role; ``session`` and ``thing`` are names of the world's."""

    name: str
    session: str
    thing: str
    cells: dict[str, str]


def _rows(table: str, *filled: str) -> list[Row]:
    rows = []
    for line in table.strip().splitlines()[1:]:
        words = line.split()
        name, *named = words[: -len(ROLES)]
        session, thing = named or filled
        rows.append(Row(name, session, thing, dict(zip(ROLES, words[-len(ROLES) :], strict=True))))
    return rows


PAGE_ROWS, BUTTON_ROWS = _rows(PAGES, "live", "-"), _rows(BUTTONS)
MONEY_ROWS = _rows(MONEY, "-", "statement")
