"""Decides about messages in one batch: who may speak, what is stored, what counts; exact after failures."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError

from marketplace.lib import clock, ids
from marketplace.models import User
from streams import chat, figures
from streams.actions import moderation
from streams.actions.chat import Accepted, Draft, Refused, say
from streams.models import ChatMessage, MinuteFigure, Session
from tests.people import sign_up
from tests.streams.rooms import make_moderator, make_room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    return clock.now().replace(second=30, microsecond=0)


@pytest.fixture
def room(host: User, now: datetime) -> Session:
    return make_room(host, now=now)


def draft(room: Session, author: User, text: str = "hello", *, at: datetime) -> Draft:
    return Draft(ids.new_id("msg"), room.id, author.id, text, at)


def codes(drafts: Iterable[Draft]) -> list[str]:
    """Return what becomes of each message: its author's role, or the code of the refusal."""
    outcomes = say(list(drafts), process="web-1")
    return [
        outcome.chat["author"]["role"] if isinstance(outcome, Accepted) else outcome.code
        for outcome in outcomes
    ]


def test_what_is_said_is_stored_and_counted(
    room: Session, buyer: User, outsider: User, host: User, now: datetime
) -> None:
    drafts = [
        draft(room, buyer, "how much?", at=now),
        draft(room, host, "39,90 today", at=now + timedelta(seconds=1)),
        draft(room, outsider, "nice \\ \t tea", at=now + timedelta(seconds=40)),
    ]
    outcomes = say(drafts, process="web-1")
    assert outcomes[0] == Accepted(
        {
            "id": drafts[0].id,
            "author": {"id": buyer.id, "name": "Bella", "role": "viewer"},
            "text": "how much?",
            "at": clock.to_wire(now),
            "pinned": False,
        },
        keep=False,
    )
    assert isinstance(outcomes[1], Accepted)
    assert outcomes[1].keep
    stored = ChatMessage.objects.values_list("id", "session_id", "author_id", "text", "at", "deleted_at")
    assert list(stored) == [
        (one.id, one.session_id, one.author_id, one.text, one.at, None)
        for one in sorted(drafts, key=lambda one: one.id)
    ]
    counted = MinuteFigure.objects.order_by("minute").values_list("minute", "process", "chats")
    minute = now.replace(second=0)
    assert list(counted) == [(minute, "web-1", 2), (minute + timedelta(minutes=1), "web-1", 1)]


def test_a_moderators_word_is_kept(room: Session, outsider: User, host: User, now: datetime) -> None:
    make_moderator(outsider, room, host)
    (outcome,) = say([draft(room, outsider, at=now)], process="web-1")
    assert isinstance(outcome, Accepted)
    assert (outcome.keep, outcome.chat["author"]["role"]) == (True, "moderator")


@pytest.mark.parametrize(
    ("state", "code", "counted"),
    (
        ("scheduled", "viewer", 0),
        ("rehearsal", "viewer", 0),
        ("live", "viewer", 1),
        ("paused", "viewer", 1),
        ("ended", "session_over", 0),
    ),
)
def test_a_room_is_spoken_in_until_the_show_is_over_and_counts_while_it_is_on(
    host: User, buyer: User, now: datetime, state: str, code: str, counted: int
) -> None:
    room = make_room(host, state, now=now)
    assert codes([draft(room, buyer, at=now)]) == [code]
    assert ChatMessage.objects.count() == (code == "viewer")
    assert sum(MinuteFigure.objects.values_list("chats", flat=True)) == counted


def test_muted_and_banned_people_are_refused_until_it_is_over_or_lifted(
    room: Session, host: User, buyer: User, outsider: User, now: datetime
) -> None:
    moderation.mute(session_id=room.id, user_id=buyer.id, seconds=60, actor=host, now=now)
    ban = moderation.ban(session_id=room.id, user_id=outsider.id, actor=host, now=now)
    assert codes([draft(room, buyer, at=now), draft(room, outsider, at=now)]) == ["muted", "banned"]
    after = now + timedelta(seconds=60)
    moderation.lift(session_id=room.id, sanction_id=ban.id, actor=host, now=after)
    assert codes([draft(room, buyer, at=after), draft(room, outsider, at=after)]) == ["viewer", "viewer"]
    assert ChatMessage.objects.count() == 2


def test_a_mute_that_ends_within_a_batch_holds_for_what_came_before(
    room: Session, host: User, buyer: User, now: datetime
) -> None:
    moderation.mute(session_id=room.id, user_id=buyer.id, seconds=10, actor=host, now=now)
    moments = [now + timedelta(seconds=seconds) for seconds in (9, 10)]
    assert codes(draft(room, buyer, at=at) for at in moments) == ["muted", "viewer"]


def test_a_sanction_holds_in_its_room_only(
    room: Session, host: User, rival: User, buyer: User, now: datetime
) -> None:
    other = make_room(rival, now=now)
    moderation.mute(session_id=room.id, user_id=buyer.id, seconds=60, actor=host, now=now)
    assert codes([draft(room, buyer, at=now), draft(other, buyer, at=now)]) == ["muted", "viewer"]


def test_blocked_words_everywhere_and_here(
    room: Session, host: User, rival: User, admin: User, buyer: User, now: datetime
) -> None:
    other = make_room(rival, now=now)
    moderation.block_word(session_id=None, word="Spam", actor=admin, now=now)
    entry = moderation.block_word(session_id=room.id, word="fake", actor=host, now=now)
    said = [(room, "s.p.a.m"), (other, "SPAM"), (room, "f4ke!"), (other, "fake"), (room, "fakery")]
    assert codes(draft(where, buyer, text, at=now) for where, text in said) == [
        *("blocked_word", "blocked_word", "blocked_word", "viewer", "viewer"),
    ]
    moderation.unblock_word(session_id=room.id, word_id=entry.id, actor=host, now=now)
    assert codes([draft(room, buyer, "fake", at=now)]) == ["viewer"]


def test_slow_mode_holds_across_batches_and_not_for_hosts(
    room: Session, host: User, buyer: User, outsider: User, now: datetime
) -> None:
    moderation.set_slow_mode(session_id=room.id, seconds=10, actor=host, now=now)
    first = [draft(room, who, at=now) for who in (buyer, outsider, host, host, buyer)]
    assert codes(first) == ["viewer", "viewer", "streamer", "streamer", "slow_mode"]
    (late,) = say([draft(room, buyer, at=now + timedelta(seconds=7, milliseconds=500))], process="web-2")
    assert isinstance(late, Refused)
    assert (late.code, late.data) == ("slow_mode", {"retry_after": 3})
    assert codes([draft(room, buyer, at=now + timedelta(seconds=10))]) == ["viewer"]


def test_a_refused_message_does_not_start_slow_mode_anew(
    room: Session, host: User, buyer: User, now: datetime
) -> None:
    moderation.set_slow_mode(session_id=room.id, seconds=10, actor=host, now=now)
    moderation.block_word(session_id=room.id, word="spam", actor=host, now=now)
    assert codes([draft(room, buyer, "spam", at=now), draft(room, buyer, "tea", at=now)]) == [
        "blocked_word",
        "viewer",
    ]


def test_people_and_rooms_that_are_gone(room: Session, buyer: User, now: datetime) -> None:
    User.objects.filter(id=buyer.id).update(is_active=False)
    nobody = Draft(ids.new_id("msg"), room.id, ids.new_id("usr"), "hello", now)
    nowhere = Draft(ids.new_id("msg"), ids.new_id("ses"), buyer.id, "hello", now)
    assert codes([draft(room, buyer, at=now), nobody, nowhere]) == ["forbidden", "forbidden", "session_over"]
    assert not ChatMessage.objects.exists()


def test_a_second_attempt_stores_and_counts_nothing_twice(room: Session, buyer: User, now: datetime) -> None:
    drafts = [draft(room, buyer, text, at=now) for text in ("one", "two")]
    say(drafts[:1], process="web-1")
    with pytest.raises(IntegrityError):
        say(drafts, process="web-1")
    assert ChatMessage.objects.count() == 1
    outcomes = say(drafts, process="web-1", again=True)
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert sorted(ChatMessage.objects.values_list("text", flat=True)) == ["one", "two"]
    assert MinuteFigure.objects.get().chats == 2


def test_one_message_that_cannot_be_stored_takes_no_other_with_it(
    room: Session, buyer: User, now: datetime
) -> None:
    drafts = [draft(room, buyer, str(number), at=now) for number in range(7)]
    drafts[4] = draft(room, buyer, "nul \0 byte", at=now)
    drafts[5] = Draft(drafts[5].id, room.id, buyer.id, "x" * 300, now)
    outcomes = chat.decide(drafts, process="web-1", again=False)
    stored = set(ChatMessage.objects.values_list("text", flat=True))
    refused = [drafts[n].text for n, outcome in enumerate(outcomes) if isinstance(outcome, Refused)]
    assert stored | set(refused) == {one.text for one in drafts}
    assert stored >= {"0", "1", "2", "3", "6"}
    assert MinuteFigure.objects.get().chats == len(stored)


def test_a_database_that_is_away_is_no_refusal(
    room: Session, buyer: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(figures, "add_all", fail)
    with pytest.raises(OperationalError):
        chat.decide([draft(room, buyer, at=now)], process="web-1", again=False)
    assert not ChatMessage.objects.exists()


def test_a_batch_costs_the_same_queries_however_many_rooms_and_people(
    room: Session,
    rival: User,
    buyer: User,
    outsider: User,
    now: datetime,
    django_assert_max_num_queries: object,
) -> None:
    other = make_room(rival, now=now)
    people = [buyer, outsider, *(sign_up(f"viewer{number}") for number in range(5))]
    drafts = [draft(where, who, at=now) for who in people for where in (room, other)]
    with django_assert_max_num_queries(9):  # type: ignore[operator]  # begin and commit among them
        say(drafts, process="web-1")
    assert ChatMessage.objects.count() == 14
