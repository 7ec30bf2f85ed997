"""What may be said: cleaning, blocked words and the draw of a busy room."""

import random
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.chat_rules import MAX_LENGTH, UnfitText, WordFilter, clean, fold, sample, word_filter

pytestmark = pytest.mark.only_in("embedded")

ANY_TEXT = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\u200d\u202e\0\n\t \ud800"),
    max_size=900,
)
WORDS = st.text("abcdefghijklmnoprtuvxyz", min_size=3, max_size=12).filter(
    lambda word: all(a != b for a, b in pairwise(word))
)


def never(_: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("said", "kept"),
    (
        ("hello", "hello"),
        ("  two\t\n words\r\n", "two words"),
        ("nul\0 bell\a esc\x1b[31m", "nul bell esc[31m"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("half \ud83d pair", "half pair"),
        (
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("zalgo" + "\u0330" * 30, "zalgo" + "\u0330" * 4),
        ("ﾊﾛｰ 你好", "ﾊﾛｰ 你好"),
        ("x" * MAX_LENGTH, "x" * MAX_LENGTH),
        ("e\u0301" * MAX_LENGTH, "\u00e9" * MAX_LENGTH),
    ),
)
def test_text_is_cleaned(said: str, kept: str) -> None:
    assert clean(said) == kept


@pytest.mark.parametrize(
    "said",
    (
        "",
        " ",
        "\n\t",
        "\0",
        "\u200b\u200d",
        "\u3164",
        "\u0301",
        "\ud800",
        "x" * (MAX_LENGTH + 1),
        "x" * 65_000,
    ),
)
def test_text_that_is_empty_or_too_long_is_unfit(said: str) -> None:
    with pytest.raises(UnfitText):
        clean(said)


@given(ANY_TEXT)
@example("\u0344" * 200)
def test_clean_text_is_clean(said: str) -> None:
    try:
        kept = clean(said)
    except UnfitText:
        return
    assert 1 <= len(kept) <= MAX_LENGTH
    assert kept == clean(kept)
    assert unicodedata.is_normalized("NFC", kept)
    assert kept.encode()
    assert kept.strip() == kept
    assert not {"\0", "\n", "\u202e"} & set(kept)


@pytest.mark.parametrize(
    "said",
    (
        "spam",
        "SPAM!",
        "buy my Spam, please",
        "$p@m",
        "5pam",
        "s p a m",
        "s.p.a.m",
        "s - p - a - m",
        "sp.am",
        "sp-am now",
        "spaaaam",
        "ssssspam",
        "\uff33\uff30\uff21\uff2d",
        "\u0455\u0440\u0430m",
        "sp\u200bam",
        "s\u0336p\u0336a\u0336m\u0336",
        "späm",
        "“spam”",
        "https://spam.example/",
        "Q i n g d a o s p a m",
        "assss",
        "这是广告吗",
        "广 告",
        "buy   FOLLOWERS here",
        "buy.followers",
        "加 V 我",
    ),
)
def test_a_blocked_word_is_found(said: str) -> None:
    assert WordFilter(["spam", "ass", "广告", "Buy followers", "加v"]).finds(said)


@pytest.mark.parametrize(
    "said",
    (
        "spammer of the year",
        "class",
        "assess",
        "as soon as possible",
        "a s a p",
        "455",
        "告广",
        "i buy my followers",
        "sp am",
        "",
        "👍👍👍",
    ),
)
def test_what_only_looks_like_a_blocked_word_passes(said: str) -> None:
    assert not WordFilter(["spam", "ass", "广告", "Buy followers", "加v"]).finds(said)


def test_two_equal_letters_are_not_one() -> None:
    assert not WordFilter(["god"]).finds("good goods")
    assert WordFilter(["god"]).finds("goood")
    assert not WordFilter(["asse"]).finds("ase")


@pytest.mark.parametrize("word", ("", " ", "!!!", "\0", "👍"))
def test_a_word_without_letters_blocks_nothing(word: str) -> None:
    assert WordFilter([word]).words == frozenset()
    assert not WordFilter([word]).finds(f"x {word} y")


@given(WORDS, st.integers(3, 6), st.data())
def test_a_word_is_found_however_it_is_dressed_up(word: str, times: int, data: st.DataObject) -> None:
    words = WordFilter([word])
    at = data.draw(st.integers(0, len(word) - 1))
    assert words.finds(word.upper())
    assert words.finds(" ".join(word))
    assert words.finds(".".join(word))
    assert words.finds(word[:at] + word[at] * times + word[at + 1 :])
    assert words.finds(f"oh, {word.title()}!?")
    assert not words.finds(f"{word}q")
    assert not words.finds(f"q{word}")


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_no_text_upsets_the_filter(said: str, words: list[str]) -> None:
    assert WordFilter(words).finds(said) in {True, False}


@given(st.text(st.characters(codec="ascii")))
def test_folding_twice_is_folding_once(said: str) -> None:
    assert fold(fold(said)) == fold(said)


def test_the_same_words_give_the_same_filter() -> None:
    assert word_filter(frozenset({"spam", "ass"})) is word_filter(frozenset({"ass", "spam"}))


def test_a_quiet_room_shows_everything() -> None:
    assert sample([1, 2, 3], 3, keep=never, choose=random.Random(1)) == [1, 2, 3]


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(0, 20), st.integers())
def test_a_busy_room_shows_a_draw_in_order_and_what_must_be_shown(
    items: list[int], room: int, seed: int
) -> None:
    shown = sample(items, room, keep=lambda item: item % 7 == 0, choose=random.Random(seed))
    assert len(shown) == min(room, len(items))
    assert shown == [item for item in items if item in set(shown)]
    must = [item for item in items if item % 7 == 0]
    if len(must) <= room:
        assert set(must) <= set(shown)
    else:
        assert set(shown) == set(must[len(must) - room :])


def test_every_message_has_the_same_chance() -> None:
    choose = random.Random(7)
    drawn = [0] * 40
    for _ in range(2_000):
        for item in sample(range(40), 10, keep=never, choose=choose):
            drawn[item] += 1
    assert min(drawn) > 400
    assert max(drawn) < 600
