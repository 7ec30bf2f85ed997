"""The admin of streamers and sessions: lists and pages to read, and buttons that run one action each."""

from streams.admin import chat, collaborations, lineup, log, people, prices, sessions

__all__ = ["chat", "collaborations", "lineup", "log", "people", "prices", "sessions"]
