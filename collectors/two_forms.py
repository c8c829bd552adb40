"""An energy register told in two forms: alone, and as the head of the block with its tariffs. Both must tell the same.

The same damage to the same bytes of two equal replies makes two equal wrong values: a sum does not see two bytes that
change places. Two forms have different bytes, and in a block the tariffs must add up to the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from collectors.agreed_reads import Agreement, Heard, fetch, fetch_agreed
from collectors.agreement import ONE_COUNT, moved_on
from collectors.conversation import Conversation
from collectors.profiles import Timing
from collectors.session import MeterSession
from headend.domain.errors import MeterRefused, NoAnswer
from headend.domain.readings import RawFrame
from protocols import dlt645
from protocols.dlt645.data_identifiers import decode
from protocols.dlt645.formats import Value
from protocols.errors import RemoteProtocolError

ROUNDS = 3
TOTAL, BLOCK, NOW = "00", "FF", "00"


@lru_cache(maxsize=4096)
def other_form(identifier: str) -> str:
    """The block of a present energy total, the total of such a block; "" for whatever has one form."""
    family, tariff, day = identifier[:2], identifier[4:6], identifier[6:]
    if family != "00" or day != NOW or tariff not in (TOTAL, BLOCK):
        return ""
    return identifier[:4] + (BLOCK if tariff == TOTAL else TOTAL) + NOW


def fetch_in_two_forms(
    session: MeterSession, identifier: str, timing: Timing, agrees: Agreement
) -> Conversation[Heard]:
    """What `identifier` told in a round in which both forms agreed, with the frames of both.

    A meter that refuses the other form, or says nothing at all to it, is read until two equal reads agree; one that is
    heard badly gets another round, for the weaker proof is no proof on a bad line. Where tariffs do not add up, by the
    meter's own making, two such blocks that agree are as good. RemoteProtocolError when no round is believed.
    """
    other = other_form(identifier)
    address = session.installation.meter.server_address
    odd_blocks: list[tuple[bytes, float]] = []
    for _ in range(ROUNDS):
        payload, frame = yield from fetch(session, dlt645.read(address, identifier), timing)
        at = session.last_heard.timestamp()
        try:
            proof, proof_frame = yield from fetch(session, dlt645.read(address, other), timing)
        except (MeterRefused, NoAnswer) as without:
            if isinstance(without, NoAnswer) and without.was_heard:
                continue
            return (yield from fetch_agreed(session, dlt645.read(address, identifier), timing, agrees))
        now = session.last_heard.timestamp()
        told, proved = decode(identifier, payload), decode(other, proof)
        block, values = (payload, told) if identifier[4:6] == BLOCK else (proof, proved)
        if not _same_total(told, proved, now - at):
            continue
        if _adds_up(values) or any(agrees(odd, block, now - then) for odd, then in odd_blocks):
            return payload, RawFrame(frame.request + proof_frame.request, frame.reply + proof_frame.reply)
        odd_blocks.append((block, now))
    raise RemoteProtocolError(
        f"{identifier} and {other} never told the same in {ROUNDS} rounds; "
        "a meter that knows no blocks needs a profile with knows_blocks: false"
    )


def _same_total(first: Sequence[Value], second: Sequence[Value], seconds: float) -> bool:
    one, two = first[0], second[0]
    if one.number is None or two.number is None:
        return (one.number, one.problem) == (two.number, two.problem)
    return moved_on(one.number, two.number, seconds)


def _adds_up(values: Sequence[Value]) -> bool:
    """Each register is cut to its last digit by itself, so every tariff may be a count off. A total alone adds up."""
    total, tariffs = values[0], [value for value in values[1:] if value.problem is None]
    if not tariffs or total.number is None:
        return len(values) == 1 or total.number is None
    told = sum((value.number for value in tariffs if value.number is not None), Decimal(0))
    return abs(total.number - told) <= ONE_COUNT * len(tariffs)
