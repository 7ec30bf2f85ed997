"""The admin of streamers and sessions: lists and pages to read, and buttons that run one action each."""

from streams.admin import collaborations, lineup, log, people, sessions

__all__ = ["collaborations", "lineup", "log", "people", "sessions"]
