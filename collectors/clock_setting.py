"""Setting the clock of a DL/T 645 meter: one frame, sent once. Reads no clock and decides nothing.

The time is taken when the frame's turn on the line has come. A broadcast has no answer, so none is waited for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from collectors.agreed_reads import Answering
from collectors.conversation import Ask, Conversation
from collectors.driver import Site
from collectors.profiles import Dlt645Profile
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.errors import MeterRefused, NoAnswer
from headend.domain.metering import MeterInstallation
from protocols import dlt645
from protocols.dlt645.replies import Refused, ReplyAssembler
from protocols.dlt645.writes import Access, Password, broadcast_time, write_data

SETTLES_S = 0.2  # nobody answers a broadcast; the meters need a moment
HALF = timedelta(milliseconds=500)


def set_clock(
    installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, *, profile: Dlt645Profile, site: Site
) -> Conversation[None]:
    """MeterRefused: the meter said no. NoAnswer: a write was not answered, and may have been obeyed."""
    shown = (site.now() + HALF).astimezone(site.zone).replace(microsecond=0, tzinfo=None)
    if remedy is Remedy.BROADCAST:
        yield from _broadcast(shown)
        return
    if access is None or not remedy.is_addressed:
        raise MeterRefused("a write needs a password")
    request = _write(installation.meter.server_address, remedy, shown, profile=profile, access=access)
    answer = yield Ask(dlt645.encode(request), Answering(request), profile.timing.timeout_s, attempts=1)
    frame = answer.event.frame
    if frame.is_error:
        outcome = ReplyAssembler(request).take(frame)
        reasons = ", ".join(outcome.reasons) if isinstance(outcome, Refused) else ""
        raise MeterRefused(reasons or "no reason given")


def _broadcast(shown: datetime) -> Conversation[None]:
    request = dlt645.encode(broadcast_time(shown))
    try:
        yield Ask(request, _nobody, SETTLES_S, attempts=1)
    except NoAnswer:
        return


def _write(
    address: str, remedy: Remedy, shown: datetime, *, profile: Dlt645Profile, access: WriteAccess
) -> dlt645.Frame:
    allowed = Access(Password(access.level, access.password), access.operator)
    if remedy is Remedy.WRITE_DATE:
        text = f"{shown:%Y-%m-%d}"
        return write_data(address, profile.clock_date, [text, str(shown.isoweekday() % 7)], allowed)
    return write_data(address, profile.clock_time, [f"{shown:%H:%M:%S}"], allowed)


def _nobody(event: object) -> bool:
    return False
