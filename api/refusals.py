"""What only the HTTP side says no to: too many attempts, foreign pages, too large questions. Knows no status codes."""

from __future__ import annotations

from headend.domain.errors import HeadEndError


class TooManyAttempts(HeadEndError):
    """Somebody tries to sign in too often: wait."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many attempts to sign in; wait {retry_after_s} s")


class CrossSiteRequest(HeadEndError):
    """A page of another origin tries to act with somebody's cookie."""


class AskedTooMuch(HeadEndError):
    """The answer would be too large: ask for less at once."""


class UnknownFrame(HeadEndError):
    """No raw frame has this number."""


class UnknownAlarm(HeadEndError):
    """No alarm has this code."""


class WrongMediaType(HeadEndError):
    """The body is not in a form that this route reads."""


class BodyTooLarge(HeadEndError):
    """The body is longer than this route reads."""
