"""The owner of a line: one talk at a time, silence drained, late answers harmless, broken lines told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from collectors.channel import Channel, LinePolicy
from collectors.conversation import Ask, Conversation
from collectors.talk import Talk
from headend.domain.collection import Priority
from headend.domain.errors import LineDown, NoAnswer, QueueFull
from protocols import dlt645
from tests.fakes.scripted_pipe import Script, ScriptedPipe
from tests.fakes.virtual_time import VirtualClock, run_virtual

METER = "000000000001"
ENERGY, EXPORT = "00010000", "00020000"


def reply_to(request: bytes, payload: bytes = b"\x11\x11\x11\x00") -> bytes:
    frame = dlt645.Connection().receive(request)[0].frame
    return dlt645.encode(dlt645.read_reply(frame, payload)[0])


def ask(di: str, attempts: int = 2, timeout_s: float = 1.0) -> Ask:
    request = dlt645.read(METER, di)

    def answers(event: object) -> bool:
        return isinstance(event, dlt645.FrameReceived) and dlt645.answers(request, event.frame)

    return Ask(dlt645.encode(request), answers, timeout_s, attempts)


def talk(*identifiers: str, attempts: int = 2) -> Talk[list[str]]:
    def conversation() -> Conversation[list[str]]:
        heard = []
        for di in identifiers:
            try:
                answer = yield ask(di, attempts)
                heard.append(answer.event.frame.data[4:].hex())
            except NoAnswer:
                heard.append("silence")
        return heard

    return Talk("dlt645", dlt645.Connection, conversation)


def on_line(script: Script, work: Callable[[Channel, ScriptedPipe], Awaitable[None]], **policy: float) -> list[str]:
    """Run `work` beside the channel's owner task; gives what was told of the line's state."""
    told: list[str] = []

    async def run() -> None:
        pipe = ScriptedPipe(script)
        channel = Channel(
            pipe,
            VirtualClock(),
            policy=LinePolicy(**policy),  # type: ignore[arg-type]  # ints and floats by name
            on_state=lambda reason: told.append(reason or "up"),
        )
        owner = asyncio.create_task(channel.run())
        try:
            await work(channel, pipe)
        finally:
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)

    run_virtual(run())
    return told


def test_an_answer_ends_the_exchange() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 10) == ["11111100"]

    on_line(lambda n, request: [(0.1, reply_to(request))], work)


def test_a_silent_meter_is_asked_as_often_as_its_profile_says_and_no_more() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY, attempts=3), Priority.ON_DEMAND, 60) == ["silence"]
        assert len(pipe.written) == 3

    on_line(lambda n, request: [], work)


def test_damaged_answers_are_asked_again_more_often_than_silence() -> None:
    """Whoever is heard, if badly, is there: the fifth try brings it, where silence ends after two."""

    def script(number: int, request: bytes) -> list[tuple[float, bytes]]:
        reply = reply_to(request)
        return [(0.1, reply if number == 4 else reply[:-2] + b"\x00\x16")]

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 60) == ["11111100"]
        assert len(pipe.written) == 5

    on_line(script, work)


def test_damage_is_asked_again_only_so_often_and_not_where_one_try_was_wanted() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        for attempts, tries in ((2, 5), (1, 1)):
            del pipe.written[:]
            assert await channel.converse(talk(ENERGY, attempts=attempts), Priority.ON_DEMAND, 60) == ["silence"]
            assert len(pipe.written) == tries

    on_line(lambda n, request: [(0.1, b"\x68\x55\x16")], work)


def test_our_own_echo_makes_a_silent_meter_no_less_silent() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 60) == ["silence"]
        assert len(pipe.written) == 2

    on_line(lambda n, request: [(0.01, request)], work)


def test_a_late_answer_never_answers_the_next_question() -> None:
    """The answer to the first register comes after its time, into the second one's."""

    def script(number: int, request: bytes) -> list[tuple[float, bytes]]:
        return (
            [(1.3, reply_to(request, b"\x11\x11\x11\x00"))] if number == 0 else [(0.5, reply_to(request, b"\x22" * 4))]
        )

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY, EXPORT, attempts=1), Priority.ON_DEMAND, 60) == [
            "silence",
            "22222222",
        ]
        assert channel.counters.strays == 1

    on_line(script, work, quiet_s=0.05)


def test_the_echo_of_a_half_duplex_converter_is_no_answer() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 10) == ["11111100"]

    on_line(lambda n, request: [(0.01, request), (0.2, reply_to(request))], work)


def test_a_babbling_line_cannot_hold_a_job_beyond_its_deadline() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        loop = asyncio.get_running_loop()

        async def babble() -> None:
            while True:
                pipe.arrive(b"\x55")
                await asyncio.sleep(0.01)

        noise = asyncio.create_task(babble())
        begin = loop.time()
        assert await channel.converse(talk(ENERGY, EXPORT), Priority.ON_DEMAND, 3.0) == ["silence", "silence"]
        assert loop.time() - begin <= 3.0 + 1.0 + 0.1  # the deadline and the longest drain
        noise.cancel()

    on_line(lambda n, request: [], work)


def test_people_go_before_the_schedule_and_backfill_comes_last() -> None:
    order: list[str] = []

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        async def run(name: str, priority: Priority) -> None:
            await channel.converse(talk(ENERGY), priority, 60)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            for name, priority in (
                ("backfill", Priority.BACKFILL),
                ("schedule", Priority.SCHEDULED),
                ("person", Priority.ON_DEMAND),
            ):
                group.create_task(run(name, priority))

    on_line(lambda n, request: [(0.1, reply_to(request))], work)
    assert order == ["person", "schedule", "backfill"]


def test_a_full_queue_refuses_the_schedule_first_and_people_last() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        waiting = [asyncio.create_task(channel.converse(talk(ENERGY), Priority.SCHEDULED, 60)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await channel.converse(talk(ENERGY), Priority.SCHEDULED, 60)
        assert await channel.converse(talk(ENERGY), Priority.ON_DEMAND, 60) == ["11111100"]
        await asyncio.gather(*waiting)

    on_line(lambda n, request: [(0.1, reply_to(request))], work, queue_size=5, reserved_for_people=2)


def test_a_broken_line_is_told_once_and_its_return_once() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        pipe.refuse_open = "connection refused"
        for _ in range(3):
            with pytest.raises(LineDown):
                await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10)
            await asyncio.sleep(20)
        pipe.refuse_open = None
        await asyncio.sleep(60)
        assert await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10) == ["11111100"]

    assert on_line(lambda n, request: [(0.1, reply_to(request))], work) == ["connection refused", "up"]


def test_a_line_that_is_waiting_to_be_reopened_fails_at_once() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        pipe.refuse_open = "connection refused"
        for _ in range(2):
            with pytest.raises(LineDown):
                await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10)
        assert asyncio.get_running_loop().time() == 0

    on_line(lambda n, request: [], work)


def test_a_connection_closed_while_idle_is_reopened_without_a_failure() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10)
        pipe.hang_up()
        assert await channel.converse(talk(ENERGY), Priority.SCHEDULED, 10) == ["11111100"]
        assert pipe.opens == 2

    assert on_line(lambda n, request: [(0.1, reply_to(request))], work) == []


def test_the_deadline_keeps_what_was_answered_before_it() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        heard = await channel.converse(talk(ENERGY, EXPORT), Priority.ON_DEMAND, 0.5)
        assert heard == ["11111100", "silence"]

    on_line(lambda n, request: [(0.4, reply_to(request))] if n == 0 else [], work)


def test_whoever_stops_waiting_costs_the_line_nothing() -> None:
    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        first = asyncio.create_task(channel.converse(talk(ENERGY), Priority.SCHEDULED, 60))
        second = asyncio.create_task(channel.converse(talk(ENERGY), Priority.SCHEDULED, 60))
        await asyncio.sleep(0.05)
        second.cancel()
        await first
        assert len(pipe.written) == 1

    on_line(lambda n, request: [(0.1, reply_to(request))], work)


def test_an_error_of_ours_ends_the_job_and_not_the_waiting() -> None:
    """A driver that raises what no driver may raise."""

    def broken() -> Conversation[list[str]]:
        yield ask(ENERGY)
        raise ZeroDivisionError

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        with pytest.raises(LineDown):
            await channel.converse(Talk("dlt645", dlt645.Connection, broken), Priority.ON_DEMAND, 10)

    on_line(lambda n, request: [(0.1, reply_to(request))], work)


def test_a_wire_rests_before_each_request() -> None:
    """Whoever spoke last must let go of an RS-485 line; the request waits, the answer does not."""
    times: list[float] = []

    def script(number: int, data: bytes) -> list[tuple[float, bytes]]:
        times.append(asyncio.get_running_loop().time())
        return [(0.1, reply_to(data))]

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        await channel.converse(talk(ENERGY, EXPORT), Priority.SCHEDULED, 10)

    on_line(script, work, rest_s=0.25)
    assert times[1] - times[0] == pytest.approx(0.35)
    times.clear()
    on_line(script, work)
    assert times[1] - times[0] == pytest.approx(0.1), "the control"


def test_a_line_with_one_rate_is_silent_at_another() -> None:
    def conversation() -> Conversation[str]:
        try:
            yield ask(ENERGY)._replace(baudrate=9600)
        except NoAnswer as silence:
            return str(silence)
        return "answered"

    async def work(channel: Channel, pipe: ScriptedPipe) -> None:
        told = await channel.converse(Talk("dlt645", dlt645.Connection, conversation), Priority.SCHEDULED, 10)
        assert told == "this line has one rate"
        assert pipe.written == []

    on_line(lambda number, data: [(0.1, reply_to(data))], work)
