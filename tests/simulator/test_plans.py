"""The seed decides what every viewer does, and the rates what the crowd does."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from marketplace.lib.money import _EXPONENTS, exponent
from streams.simulator.money import digits, shown
from streams.simulator.plan import Plan, digest_of, plan_viewer, show_seconds
from streams.simulator.presets import preset_names, preset_path
from streams.simulator.rates import Rates, read_rates
from streams.simulator.regrets import Regrets, regret_of
from streams.simulator.script import BadScript, Script, parse_script, read_toml

pytestmark = pytest.mark.only_in("embedded")

CROWD = 2_000


def preset(name: str = "taobao_live") -> tuple[Script, Rates]:
    path = preset_path(name)
    assert path is not None
    text = path.read_text()
    document = read_toml(text, path.name)
    return parse_script(document, text=text, name=path.name), read_rates(document, name=path.name)


def plans(seed: int = 7, count: int = CROWD, rates: Rates | None = None) -> list[Plan]:
    script, usual = preset()
    return [plan_viewer(seed, number, script, rates or usual) for number in range(count)]


@pytest.fixture(scope="module")
def crowd() -> list[Plan]:
    return plans()


def test_a_seed_decides_everything() -> None:
    assert plans(count=50) == plans(count=50)
    assert digest_of(plans(count=50)) != digest_of(plans(seed=8, count=50))
    assert digest_of(plans(count=50)) != digest_of(plans(count=51))


def test_each_purpose_has_a_stream_of_its_own() -> None:
    _, rates = preset()
    quiet = plans(count=200, rates=replace(rates, chats_per_minute=0, likes_per_minute=0, looks=0))
    usual = plans(count=200)
    assert [(plan.visits, plan.wishes) for plan in quiet] == [(plan.visits, plan.wishes) for plan in usual]
    assert not any(plan.chats or plan.likes or plan.looks for plan in quiet)


def test_people_do_things_only_while_they_are_there(crowd: list[Plan]) -> None:
    script, _ = preset()
    length = show_seconds(script)
    for plan in crowd:
        assert all(-1 <= visit.start < visit.end <= length for visit in plan.visits)
        assert all(
            before.end < after.start for before, after in zip(plan.visits, plan.visits[1:], strict=False)
        )
        moments = [moment for moment, _ in (*plan.chats, *plan.likes, *plan.looks)]
        moments += [wish.at for wish in plan.wishes]
        for moment in moments:
            assert any(visit.start <= moment <= visit.end for visit in plan.visits)
        for wish in plan.wishes:
            if wish.deal is not None:
                beat = script.beats[wish.deal]
                assert (beat.verb, beat.product, beat.at) == ("deal", wish.product, wish.at)
                assert wish.quantity <= (beat.per_buyer_limit or 3)


def test_the_crowd_is_as_its_rates_say(crowd: list[Plan]) -> None:
    script, rates = preset()
    assert abs(sum(plan.follower for plan in crowd) / CROWD - rates.followers) < 0.05
    wishes = [wish for plan in crowd for wish in plan.wishes]
    assert abs(sum(not wish.cards for wish in wishes) / len(wishes) - rates.unpaid) < 0.05
    stays = sorted(
        visit.end - max(visit.start, 0) for plan in crowd for visit in plan.visits if not plan.follower
    )
    assert 40 < stays[len(stays) // 2] < 80
    assert stays[-len(stays) // 100] > 5 * stays[len(stays) // 2]
    prices = {product.key: product.live_price for product in script.products}
    sales: Counter[str] = Counter()
    for wish in wishes:
        price = script.beats[wish.deal].price if wish.deal is not None else prices[wish.product]
        sales[wish.product] += wish.quantity * price
    ranked = [amount for _, amount in sales.most_common()]
    assert 0.25 < ranked[0] / sum(ranked) < 0.45
    assert 0.55 < sum(ranked[:3]) / sum(ranked) < 0.8


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_can_be_read(name: str) -> None:
    script, rates = preset(name)
    assert script.beats[-1].verb == "end"
    assert len({product.category for product in script.products}) >= 3
    assert 0 < rates.followers < 1


@pytest.mark.parametrize(
    ("crowd", "message"),
    (
        ("followers = 1.5", "s.toml: [crowd]: followers is a number from 0 to 1, not 1.5."),
        ("visit_sigma = true", "visit_sigma is a number from 0 to 3, not True."),
        ("speed = 3", "s.toml: [crowd]: there is no speed here."),
    ),
)
def test_wrong_rates_name_the_field(crowd: str, message: str) -> None:
    with pytest.raises(BadScript) as refusal:
        read_rates(read_toml(f"[crowd]\n{crowd}\n", "s.toml"), name="s.toml")
    assert message in str(refusal.value)


def test_amounts_have_the_digits_that_the_marketplace_gives_them() -> None:
    for currency in ("CNY", *_EXPONENTS):
        assert digits(currency) == exponent(currency)
    told = [shown(1_234_500, each) for each in ("CNY", "JPY", "KWD")]
    assert told == ["12,345.00", "1,234,500", "1,234.500"]
    assert shown(1_234_560, "CNY", whole=True) == "12,346"


def test_what_comes_back_follows_from_the_seed_and_the_rates() -> None:
    regrets = Regrets(others=0.0, rates={"clothing": 0.5})
    kept = [regret_of(Random(f"{number}"), "clothing", regrets) for number in range(2_000)]
    wanted = [each for each in kept if each is not None]
    assert 900 < len(wanted) < 1_100
    assert 0.5 < sum(each.reason == "no_reason" for each in wanted) / len(wanted) < 0.62
    assert kept[:50] == [regret_of(Random(f"{number}"), "clothing", regrets) for number in range(50)]
    assert all(regret_of(Random(f"{number}"), "tea", regrets) is None for number in range(50))
