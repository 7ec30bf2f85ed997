"""Addresses of streamers and sessions below ``/api/v1/``."""

from django.urls import path

from marketplace.rest.paths import register_ids
from streams.api import (
    agency_members,
    captions,
    chat,
    collaborations,
    deals,
    lineup,
    people,
    reminders,
    sessions,
    show,
    tickets,
)

register_ids("agc", "usr", "col", "ses", "slt", "dl", "msg", "snc", "wrd", streamer="str")

STREAMER = "streamers/<streamer:streamer_id>"
SESSION = "sessions/<ses:session_id>"
SLOT = f"{SESSION}/lineup/<slt:slot_id>"
DEAL = f"{SESSION}/deals/<dl:deal_id>"
MESSAGE = f"{SESSION}/chat/<msg:message_id>"

urlpatterns = [
    path("streamers", people.Streamers.as_view(), name="streamers"),
    path("streamers/me", people.OwnStreamer.as_view(), name="own_streamer"),
    path(STREAMER, people.OneStreamer.as_view(), name="streamer"),
    path(f"{STREAMER}/agency", people.StreamerAgency.as_view(), name="streamer_agency"),
    path(f"{STREAMER}/moderators", people.Moderators.as_view(), name="moderators"),
    path(f"{STREAMER}/moderators/<usr:user_id>", people.OneModerator.as_view(), name="moderator"),
    path("agencies", people.Agencies.as_view(), name="agencies"),
    path("agencies/<agc:agency_id>", people.OneAgency.as_view(), name="agency"),
    path("agencies/<agc:agency_id>/members", agency_members.AgencyMembers.as_view(), name="agency_members"),
    path(
        "agencies/<agc:agency_id>/members/<usr:user_id>",
        agency_members.OneAgencyMember.as_view(),
        name="agency_member",
    ),
    path("collaborations", collaborations.Collaborations.as_view(), name="collaborations"),
    path(
        "collaborations/<col:collaboration_id>",
        collaborations.OneCollaboration.as_view(),
        name="collaboration",
    ),
    path(
        "collaborations/<col:collaboration_id>/end",
        collaborations.CollaborationEnd.as_view(),
        name="collaboration_end",
    ),
    path("sessions", sessions.Sessions.as_view(), name="sessions"),
    path(SESSION, sessions.OneSession.as_view(), name="session"),
    path(f"{SESSION}/cover", sessions.SessionCover.as_view(), name="session_cover"),
    path(f"{SESSION}/checklist", sessions.SessionChecklist.as_view(), name="session_checklist"),
    path(f"{SESSION}/events", sessions.SessionEvents.as_view(), name="session_events"),
    path(f"{SESSION}/reminder", reminders.SessionReminder.as_view(), name="session_reminder"),
    path(f"{SESSION}/schedule", show.ScheduleSession.as_view(), name="session_schedule"),
    path(f"{SESSION}/unschedule", show.UnscheduleSession.as_view(), name="session_unschedule"),
    path(f"{SESSION}/rehearse", show.RehearseSession.as_view(), name="session_rehearse"),
    path(f"{SESSION}/end-rehearsal", show.EndRehearsal.as_view(), name="session_end_rehearsal"),
    path(f"{SESSION}/start", show.StartSession.as_view(), name="session_start"),
    path(f"{SESSION}/pause", show.PauseSession.as_view(), name="session_pause"),
    path(f"{SESSION}/resume", show.ResumeSession.as_view(), name="session_resume"),
    path(f"{SESSION}/end", show.EndSession.as_view(), name="session_end"),
    path(f"{SESSION}/cancel", show.CancelSession.as_view(), name="session_cancel"),
    path(f"{SESSION}/replay", show.ReplaySales.as_view(), name="session_replay"),
    path(f"{SESSION}/lineup", lineup.Lineup.as_view(), name="lineup"),
    path(f"{SESSION}/lineup/order", lineup.OrderLineup.as_view(), name="lineup_order"),
    path(SLOT, lineup.OneSlot.as_view(), name="slot"),
    path(f"{SLOT}/discounts", lineup.SlotDiscounts.as_view(), name="slot_discounts"),
    path(f"{SLOT}/pin", lineup.PinSlot.as_view(), name="slot_pin"),
    path(f"{SLOT}/unpin", lineup.UnpinSlot.as_view(), name="slot_unpin"),
    path(f"{SLOT}/restock", lineup.RestockSlot.as_view(), name="slot_restock"),
    path(f"{SESSION}/deals", deals.Deals.as_view(), name="deals"),
    path(DEAL, deals.OneDeal.as_view(), name="deal"),
    path(f"{DEAL}/close", deals.CloseDeal.as_view(), name="deal_close"),
    path(f"{SESSION}/captions", captions.Captions.as_view(), name="captions"),
    path(f"{SESSION}/chat", chat.Chat.as_view(), name="chat"),
    path(MESSAGE, chat.OneMessage.as_view(), name="chat_message"),
    path(f"{MESSAGE}/pin", chat.PinMessage.as_view(), name="chat_message_pin"),
    path(f"{MESSAGE}/unpin", chat.UnpinMessage.as_view(), name="chat_message_unpin"),
    path(f"{SESSION}/sanctions", chat.Sanctions.as_view(), name="sanctions"),
    path(f"{SESSION}/sanctions/<snc:sanction_id>/lift", chat.LiftSanction.as_view(), name="sanction_lift"),
    path(f"{SESSION}/slow-mode", chat.SlowMode.as_view(), name="slow_mode"),
    path(f"{SESSION}/blocked-words", chat.BlockedWords.as_view(), name="blocked_words"),
    path(f"{SESSION}/blocked-words/<wrd:word_id>", chat.OneBlockedWord.as_view(), name="blocked_word"),
    path("realtime/tickets", tickets.Tickets.as_view(), name="realtime_tickets"),
]
