"""Streamers, their sessions, what is sold in them, and what happened there."""

from streams.models.chat import BlockedWord, ChatMessage, ChatSanction
from streams.models.collaborations import Collaboration, CollaborationRate
from streams.models.lineup import Deal, Discount, Funder, Slot, SlotPrice, discounts_of
from streams.models.people import Agency, AgencyMember, Moderator, Streamer
from streams.models.presence import Attendance, MinuteFigure, RoomPresence
from streams.models.reminders import Reminder
from streams.models.room import RealtimeTicket, RoomEvent
from streams.models.sessions import Session, SessionHistory

__all__ = [
    "Agency",
    "AgencyMember",
    "Attendance",
    "BlockedWord",
    "ChatMessage",
    "ChatSanction",
    "Collaboration",
    "CollaborationRate",
    "Deal",
    "Discount",
    "Funder",
    "MinuteFigure",
    "Moderator",
    "RealtimeTicket",
    "Reminder",
    "RoomEvent",
    "RoomPresence",
    "Session",
    "SessionHistory",
    "Slot",
    "SlotPrice",
    "Streamer",
    "discounts_of",
]
