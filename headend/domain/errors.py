"""Errors of the head-end, named by what the caller can do. Knows no transport and no HTTP."""

from __future__ import annotations


class HeadEndError(Exception):
    """Anything the head-end says no with."""


class ConfigError(HeadEndError):
    """A setting or an import file is wrong; nothing was changed. Says file, line, key, reason and remedy."""

    def __init__(
        self, problem: str, *, file: str = "", line: int | None = None, key: str = "", remedy: str = ""
    ) -> None:
        self.problem, self.file, self.line, self.key, self.remedy = problem, file, line, key, remedy
        super().__init__(problem)

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        words = " ".join(part for part in (place, f"{self.key}:" if self.key else "", self.problem) if part)
        return f"{words} ({self.remedy})" if self.remedy else words


class WrongEntry(ValueError):
    """Something within a shape is wrong; whoever knows the file says the rest.

    `key` leads there from the place that noticed it, and `remedy` says what to do.
    """

    def __init__(self, problem: str, *, key: tuple[str | int, ...] = (), remedy: str = "") -> None:
        self.key, self.remedy = key, remedy
        super().__init__(problem)


class ImportRefused(ConfigError):
    """A file with several errors was refused whole."""

    def __init__(self, errors: tuple[ConfigError, ...]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(first.problem, file=first.file, line=first.line, key=first.key, remedy=first.remedy)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class FieldError(HeadEndError):
    """The field did not do what was asked; the kind says what to do next."""


class LineDown(FieldError):
    """The line itself is broken: reopen it, back off."""


class NoAnswer(FieldError):
    """The meter kept silent until the deadline: retry later, quarantine.

    `was_heard`: bytes came that were no answer, so it may well be there and the line is bad.
    """

    def __init__(self, reason: str = "", *, was_heard: bool = False) -> None:
        self.was_heard = was_heard
        super().__init__(reason)


class MeterRefused(FieldError):
    """The meter answered with a refusal: asking again will not help."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class QueueFull(FieldError):
    """The line has more work than it may hold: the caller may try again later."""


class CaptureFailed(HeadEndError):
    """The capture file takes no more; everything before is in it."""


class UnknownMeter(HeadEndError):
    """No meter has this number."""


class UnknownNode(HeadEndError):
    """No substation, feeder, transformer or meter box has this name."""


class UnknownLine(HeadEndError):
    """No installed meter is on a line of this number."""


class UnknownRoute(HeadEndError):
    """No reading route has this name."""


class UnknownSpecialRead(HeadEndError):
    """No special read has this number."""


class UnknownWay(HeadEndError):
    """No way to a meter has this number."""


class UnknownDraft(HeadEndError):
    """No work-order draft has this number."""


class UnknownImport(HeadEndError):
    """No imported file has this number."""


class UnknownKpi(HeadEndError):
    """No KPI has this name, or it has no figures for this day."""


class UnknownReadingType(HeadEndError):
    """No reading type, OBIS code or data identifier has this name."""


class UnknownBillingBatch(HeadEndError):
    """No billing batch has this number."""


class Conflict(HeadEndError):
    """What is asked contradicts what is already there."""


class NotAuthorised(HeadEndError):
    """Nobody has proven who they are."""


class NotPermitted(HeadEndError):
    """The role does not allow it."""


class StoreUnavailable(HeadEndError):
    """The store cannot take or give data now: spool, try again."""
