"""Asking one DL/T 698.45 meter for objects: requests with all their follow-ups, once or until two reads agree.

Every request to a meter has another number than the one before, so that a late answer to the old one answers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collectors.agreement import moved_on, until_agreed
from collectors.conversation import Ask, Conversation
from collectors.profiles import Dlt698Profile
from collectors.session import MeterSession
from headend.domain.errors import MeterRefused
from headend.domain.metering import Meter
from headend.domain.readings import RawFrame
from protocols import dlt698
from protocols.dlt698 import apdu
from protocols.dlt698.objects import ObjectValue
from protocols.dlt698.wording import values_of
from protocols.errors import RemoteProtocolError

NUMBERS = 64

Told = Mapping[str, dlt698.Item]
"""What a meter said of each object, by OAD."""


class InvocationNumbers:
    """The number that each meter's next request gets."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, str], int] = {}

    def take(self, meter: Meter) -> int:
        """0 to 63, round and round."""
        who = meter.line.url, meter.server_address
        number = self._next.get(who, 0)
        self._next[who] = (number + 1) % NUMBERS
        return number


class ObjectReads:
    """How one meter is asked."""

    def __init__(self, session: MeterSession, profile: Dlt698Profile, numbers: InvocationNumbers) -> None:
        self._session, self._profile, self._numbers = session, profile, numbers

    def once(self, oads: Sequence[str]) -> Conversation[tuple[Told, RawFrame]]:
        """What is told of these objects, with all frames; NoAnswer, MeterRefused, RemoteProtocolError."""
        reply, asked, heard = dlt698.ReplyAssembler(self._request(oads)), b"", b""
        timing = self._profile.timing
        while True:
            answer = yield Ask(dlt698.encode(reply.pending), _Answering(reply), timing.timeout_s, timing.attempts)
            self._session.heard(answer)
            asked, heard = asked + answer.frame.request, heard + answer.frame.reply
            outcome = reply.take(answer.event.frame)
            if isinstance(outcome, dlt698.Complete):
                return _by_oad(outcome.items), RawFrame(asked, heard)
            if isinstance(outcome, dlt698.Refused):
                raise MeterRefused(outcome.reason)

    def agreed(self, oads: Sequence[str]) -> Conversation[tuple[Told, RawFrame]]:
        """The same, of the newer of two reads that agree of every object."""
        return (yield from until_agreed(self._session, lambda: self.once(oads), _agree, _shown))

    def _request(self, oads: Sequence[str]) -> dlt698.Frame:
        meter, profile = self._session.installation.meter, self._profile
        number = self._numbers.take(meter)
        return dlt698.get(
            meter.server_address, oads, number=number, client=profile.client, logical=profile.logical_device
        )


class _Answering:
    """Predicate: this event is the answer to what is pending."""

    __slots__ = ("_reply",)

    def __init__(self, reply: dlt698.ReplyAssembler) -> None:
        self._reply = reply

    def __call__(self, event: object) -> bool:
        return isinstance(event, dlt698.FrameReceived) and self._reply.answers(event.frame)


def values_in(item: dlt698.Item) -> Sequence[ObjectValue]:
    """The values in what was told of one object, by the table of objects."""
    return values_of(dlt698.Apdu(apdu.GET_RESPONSE, apdu.NORMAL, items=(item,)))


def _by_oad(items: Sequence[dlt698.Item]) -> Told:
    told: dict[str, dlt698.Item] = {}
    for item in items:
        if told.setdefault(item.oad, item) != item:
            raise RemoteProtocolError(f"the answer tells two things of {item.oad}")
    return told


def _agree(first: Told, second: Told, seconds: float) -> bool:
    return first.keys() == second.keys() and all(_tell_same(first[oad], second[oad], seconds) for oad in first)


def _tell_same(first: dlt698.Item, second: dlt698.Item, seconds: float) -> bool:
    """Equal, or registers that moved on between the two."""
    if first == second:
        return True
    earlier, later = values_in(first), values_in(second)
    return len(earlier) == len(later) and all(_may_become(*pair, seconds) for pair in zip(earlier, later, strict=True))


def _may_become(first: ObjectValue, second: ObjectValue, seconds: float) -> bool:
    if first.value is None or second.value is None:
        return first == second
    return first.name == second.name and moved_on(first.value, second.value, seconds)


def _shown(told: Told) -> str:
    values = [value for item in told.values() for value in values_in(item)]
    return " ".join(f"{value.name}={value.text}" for value in values)
