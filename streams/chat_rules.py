"""What may be said in a room, as pure functions: cleaning, blocked words, what a busy room shows.

``docs/chat.md`` describes the rules for people.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

MAX_LENGTH = 200
MAX_WORD_LENGTH = 40
#: Canonical composition never shortens text more than this, so longer input is refused unread.
MAX_RAW_LENGTH = 4 * MAX_LENGTH
MOST_MARKS = 4

_T = TypeVar("_T")
_JOINERS = "\u200c\u200d"  # some scripts and emoji need these two
_TAGS = range(0xE0020, 0xE0080)  # and flags of regions these
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co"})
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_MARKS = re.compile("[\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f]")  # accents, overlays, variants
_LEET = str.maketrans("013457@$!|€", "oieastasiie")
_LOOKALIKES = str.maketrans("авекмнорстухіјѕԁɡαβεικνορτυχ", "abekmhopctyxijsdgabeikvoptux")
_TOKEN = re.compile(r"[^\W_]+")
_REPEATED = re.compile(r"(.)\1+", re.DOTALL)
_CHUNK = re.compile(r"\S+")
_OPENING, _CLOSING = "([{<\"'«“„#*", ")]}>\"'»”.,;:?!…*"
_FEWEST_SPACED = 3
_MANY = 3


class UnfitText(ValueError):
    """A text is empty, or longer than a message may be."""


def clean(text: str) -> str:
    """Return a message as it is stored and shown: composed (NFC), one line, 1 to 200 characters.

    Control characters, lone surrogates, private characters and marks that turn the direction of writing
    vanish; white space becomes single blanks; of stacked accents four stay.

    Raises:
        UnfitText: nothing visible is left, or more than 200 characters are.
    """
    if len(text) > MAX_RAW_LENGTH:
        raise UnfitText
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(filter(_is_kept, spaced))
    cleaned = " ".join(_thin_marks(unicodedata.normalize("NFC", kept)).split())
    if not any(map(_is_visible, cleaned)) or len(cleaned) > MAX_LENGTH:
        raise UnfitText
    return cleaned


def fold(text: str) -> str:
    """Return text in the one form that words are compared in: no case, no accents, no lookalike letters."""
    if text.isascii():
        return _CONTROLS.sub("", text).lower()
    compatible = unicodedata.normalize("NFKC", text).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", compatible))
    shown = "".join(character for character in bare if unicodedata.category(character) not in _INVISIBLE)
    return unicodedata.normalize("NFC", shown).translate(_LOOKALIKES)


class WordFilter:
    """Finds blocked words: whole, spaced out, with letters repeated or written as digits and signs."""

    def __init__(self, words: Iterable[str]) -> None:
        split = {tokens for word in words if (tokens := tuple(_TOKEN.findall(fold(word))))}
        self.words = frozenset("".join(tokens) for tokens in split)
        self._phrases = tuple(_padded(tokens) for tokens in split if len(tokens) > 1)
        self._dense = tuple(word for word in self.words if any(map(_is_written_dense, word)))
        self._by_skeleton: dict[str, list[str]] = {}
        for word in self.words:
            for form in {word, _without_leet(word)}:
                self._by_skeleton.setdefault(_skeleton(form), []).append(form)

    def finds(self, text: str) -> bool:
        """Tell whether a message holds a blocked word."""
        if not self.words:
            return False
        folded = fold(text)
        tokens = _TOKEN.findall(folded)
        letters, sentence = "".join(tokens), _padded(tokens)
        return (
            any(map(self._is_blocked, set(_candidates(folded, tokens))))
            or any(map(self._is_inside, _spaced_out(tokens)))
            or any(word in letters for word in self._dense)
            or any(phrase in sentence for phrase in self._phrases)
        )

    def _is_blocked(self, candidate: str) -> bool:
        return any(
            _same_but_for_repeats(form, word)
            for form in {candidate, _without_leet(candidate)}
            for word in self._by_skeleton.get(_skeleton(form), ())
        )

    def _is_inside(self, run: str) -> bool:
        """Tell whether letters that were written one by one hold a blocked word."""
        plain = _without_leet(run)
        return any(word in run or word in plain for word in self.words)


@lru_cache(maxsize=256)
def word_filter(words: frozenset[str]) -> WordFilter:
    """Return the filter for these words; the same words give the same filter."""
    return WordFilter(words)


def sample(items: Sequence[_T], room: int, *, keep: Callable[[_T], bool], choose: random.Random) -> list[_T]:
    """Return at most ``room`` items in their order: first those to keep, the rest drawn evenly.

    When even those to keep are too many, the latest of them stay.
    """
    if len(items) <= room:
        return list(items)
    kept = [number for number, item in enumerate(items) if keep(item)][-room:] if room else []
    others = sorted(set(range(len(items))) - set(kept))
    drawn = choose.sample(others, min(len(others), room - len(kept)))
    return [items[number] for number in sorted([*kept, *drawn])]


def _is_kept(character: str) -> bool:
    if character in _JOINERS or ord(character) in _TAGS:
        return True
    return unicodedata.category(character) not in _INVISIBLE


def _is_visible(character: str) -> bool:
    kind = unicodedata.category(character)  # an emoji newer than Python has kind Cn
    return character not in _BLANK_LETTERS and (kind[0] in "LNPS" or kind == "Cn")


def _thin_marks(text: str) -> str:
    """Keep at most four marks on one letter: more of them cover the lines of other people."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _candidates(folded: str, tokens: Sequence[str]) -> Iterator[str]:
    """Yield every word of a message, and every stretch without a blank: trimmed, and without punctuation."""
    yield from tokens
    for chunk in _CHUNK.findall(folded):
        yield chunk.lstrip(_OPENING).rstrip(_CLOSING)
        yield "".join(_TOKEN.findall(chunk))
        yield "".join(_TOKEN.findall(_without_leet(chunk)))


def _spaced_out(tokens: Iterable[str]) -> Iterator[str]:
    """Yield what is written letter by letter, such as ``s p a m`` or ``s.p.a.m``, as one word."""
    for single, run in groupby(tokens, key=lambda token: len(token) == 1):
        letters = "".join(run)
        if single and len(letters) >= _FEWEST_SPACED:
            yield letters


def _padded(tokens: Iterable[str]) -> str:
    return f" {' '.join(tokens)} "


def _without_leet(token: str) -> str:
    """Return a token with digits and signs read as the letters they look like; mere numbers stay numbers."""
    return token.translate(_LEET) if any(map(str.isalpha, token)) else token


def _skeleton(token: str) -> str:
    """Return a token with every repeated letter once."""
    return _REPEATED.sub(r"\1", token)


def _same_but_for_repeats(token: str, word: str) -> bool:
    """Tell whether a token is a word of the same skeleton; three or more of a letter count as one or two."""
    return all(
        written == meant or (written >= _MANY and meant < _MANY)
        for written, meant in zip(_run_lengths(token), _run_lengths(word), strict=True)
    )


def _run_lengths(token: str) -> Collection[int]:
    return [sum(1 for _ in run) for _, run in groupby(token)]


def _is_written_dense(character: str) -> bool:
    """Tell whether a character belongs to a script that writes words without blanks between them."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))
