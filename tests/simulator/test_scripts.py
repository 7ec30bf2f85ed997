"""A script that is wrong is refused with the place and the cure."""

import pytest

from streams.simulator.script import BadScript, Beat, Product, read_script

pytestmark = pytest.mark.only_in("embedded")

SHOW = """
[show]
title = "Evening tea"
streamer = "Mei"
brand = "Valley"
minutes = 10

[[products]]
key = "tea"
sku = "LJ-250"
live_price = 9900
"""
PIN = """
[[beats]]
at = 10
pin = "tea"
"""
DEAL = """
[[beats]]
at = "1:30"
deal = "tea"
price = 7900
quota = 50
seconds = 60
"""


def test_a_script_is_read_whole() -> None:
    script = read_script(SHOW + PIN + DEAL, name="show.toml")
    assert (script.title, script.currency, script.minutes) == ("Evening tea", "CNY", 10)
    assert script.products == (Product(key="tea", sku="LJ-250", live_price=9900),)
    assert script.beats == (
        Beat(at=10.0, verb="pin", where="show.toml, line 13: beat 1", product="tea"),
        Beat(
            at=90,
            verb="deal",
            where="show.toml, line 17: beat 2",
            product="tea",
            price=7900,
            quota=50,
            seconds=60,
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("[show", "s.toml: this is not TOML"),
        (SHOW, "s.toml: write at least one [[beats]]."),
        (SHOW + '[[beats]]\nat = 1\npin = "cup"\n', "s.toml, line 12: beat 1: no product has the key 'cup'."),
        (SHOW + '[[beats]]\nat = 1\ncoupon = "X"\n', "beat 1: the marketplace has no coupons yet"),
        (SHOW + "[[beats]]\nat = 1\n", "beat 1: write exactly one of say, claim, pin"),
        (SHOW + '[[beats]]\nat = "1:75"\nend = true\n', "beat 1: at is seconds such as 90"),
        (SHOW + "[[beats]]\nat = 601\nend = true\n", "beat 1: it comes after the show's 10 minutes."),
        (SHOW + "[[beats]]\nat = 1\nresume = true\n", "beat 1: pause and resume take turns."),
        (SHOW + DEAL + PIN, "beat 2: it comes before the beat above it"),
        (SHOW + DEAL + DEAL, "beat 2: the deal before on 'tea' is still open then."),
        (SHOW + DEAL.replace("7900", "9901"), "beat 1: a deal's price is at most the live price."),
        (SHOW + DEAL.replace("60", "4"), "beat 1: seconds is a number from 5 to 3600, not 4."),
        (
            SHOW + DEAL.replace("50", "true"),
            "beat 1: quota is a whole number from 1 to 1000000000, not True.",
        ),
        (SHOW + PIN + "louder = 1\n", "beat 1: there is no louder here."),
        (SHOW + '[[beats]]\nat = 1\nrestock = "tea"\nquantity = 5\n', "only products that the script itself"),
    ),
)
def test_a_wrong_script_names_the_place(text: str, message: str) -> None:
    with pytest.raises(BadScript) as refusal:
        read_script(text, name="s.toml")
    assert message in str(refusal.value)
