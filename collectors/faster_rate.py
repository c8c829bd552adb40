"""A long DL/T 645 conversation at a faster rate: asked for with 17H, given up as soon as the meter does not follow.

Only meters of 2007 on a serial line of our own can change their rate; whoever refuses, or stays silent at the new rate,
is asked on at the line's own. At the end the meter is asked back, for the others of the bus share the line.
"""

from __future__ import annotations

from collectors.agreed_reads import Answering
from collectors.conversation import Ask, Conversation, Finding
from collectors.profiles import Timing
from headend.domain.errors import NoAnswer
from protocols import dlt645
from protocols.dlt645.writes import change_rate

OWN_RATE = 0


def at_rate(
    conversation: Conversation[Finding], address: str, *, rates: tuple[int, int], timing: Timing
) -> Conversation[Finding]:
    """The conversation's finding; `rates` are the line's own and the faster one, in bit/s."""
    own, faster = rates
    rate = faster if (yield from _changed(address, faster, OWN_RATE, timing)) else OWN_RATE
    try:
        ask = next(conversation)
        while True:
            try:
                answer = yield ask._replace(baudrate=rate)
            except NoAnswer as silence:
                if rate == OWN_RATE:
                    ask = conversation.throw(silence)
                    continue
                rate = OWN_RATE  # the same question again, as every meter hears it
            else:
                ask = conversation.send(answer)
    except StopIteration as end:
        finding: Finding = end.value
    if rate != OWN_RATE:
        yield from _changed(address, own, rate, timing)
    return finding


def _changed(address: str, wanted: int, present: int, timing: Timing) -> Conversation[bool]:
    """Whether the meter says that it will speak at `wanted`; it is asked at `present`."""
    request = change_rate(address, wanted)
    try:
        answer = yield Ask(dlt645.encode(request), Answering(request), timing.timeout_s, timing.attempts, present)
    except NoAnswer:
        return False
    reply: dlt645.Frame = answer.event.frame
    return not reply.is_error and reply.data == request.data
