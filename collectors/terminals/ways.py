"""Ways through a terminal: a driver's conversation, put into turns, and into envelopes where a meter is behind a port.

Pure: generators around generators. What a driver asks and hears, and what proves its readings, stay the meter's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from collectors.conversation import Answer, Ask, Conversation, LineParser
from collectors.driver import StreamDriver
from collectors.terminals.messages import ForwardedParser, NothingCame, Passed
from collectors.terminals.settings import PortSettings
from collectors.terminals.turns import Turns
from headend.domain.collection import MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import Line, MeterInstallation
from headend.domain.readings import RawFrame, ReadingSource
from protocols import gdw1376

Finding = TypeVar("Finding")
Outward = Callable[[Ask], Ask]
Inward = Callable[[Ask, Answer], Answer]


class DirectWay:
    """To the terminal's own data: requests are frames that only need their turn."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def parser(self, parser: LineParser) -> LineParser:
        """Its answers as they are."""
        return parser

    def carry(self, conversation: Conversation[Finding]) -> Conversation[Finding]:
        """The conversation in turns."""
        return _carry(conversation, self._outward, lambda ask, answer: answer)

    def _outward(self, ask: Ask) -> Ask:
        request = gdw1376.encode(self._turns.stamp(gdw1376.parse(ask.request)))
        return Ask(request, ask.answers, ask.timeout_s, ask.attempts)


class ForwardedWay:
    """Through a port: the meter's bytes in frames of AFN 10. The terminal itself says when a meter is silent."""

    def __init__(self, terminal: gdw1376.Terminal, settings: PortSettings, turns: Turns) -> None:
        self._terminal, self._settings, self._turns = terminal, settings, turns

    def parser(self, parser: LineParser) -> LineParser:
        """The meter's parser behind the terminal's."""
        return ForwardedParser(parser)

    def carry(self, conversation: Conversation[Finding]) -> Conversation[Finding]:
        """The conversation with the meter, through the terminal."""
        return _carry(conversation, self._outward, self._inward)

    def _outward(self, ask: Ask) -> Ask:
        frame = gdw1376.forward(self._terminal, self._settings.port, ask.request, gdw1376.Turn(0))
        number = self._settings.port.number

        def answers(event: Any) -> bool:  # Any: events of several protocols
            if isinstance(event, Passed):
                return event.port == number and ask.answers(event.event)
            return isinstance(event, NothingCame) and event.port in (number, None)

        request = gdw1376.encode(self._turns.stamp(frame))
        return Ask(request, answers, max(ask.timeout_s, self._settings.timeout_s), ask.attempts)

    def _inward(self, ask: Ask, answer: Answer) -> Answer:
        if isinstance(answer.event, NothingCame):
            port = self._settings.port.number
            said = "denies the request" if answer.event.port is None else f"heard nothing on port {port}"
            raise NoAnswer(f"the terminal {said}")
        frame = RawFrame(ask.request, answer.event.raw)
        return Answer(answer.event.event, frame, answer.asked_at, answer.received_at)


class DriverOnWay:
    """StreamDriver whose conversations go a way. It neither asks nor understands anything itself."""

    def __init__(self, driver: StreamDriver, way: DirectWay | ForwardedWay) -> None:
        self._driver, self._way = driver, way

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return self._way.parser(self._driver.parser(line))

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        return self._driver.periodic_items(installation)

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        return self._way.carry(self._driver.read(installation, items, source))

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        return self._way.carry(self._driver.read_daily_freeze(installation, days))

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        return self._way.carry(self._driver.read_load_profile(installation, start, slots))


def _carry(conversation: Conversation[Finding], outward: Outward, inward: Inward) -> Conversation[Finding]:
    try:
        ask = next(conversation)
        while True:
            try:
                answer = inward(ask, (yield outward(ask)))
            except NoAnswer as silence:
                ask = conversation.throw(silence)
            else:
                ask = conversation.send(answer)
    except StopIteration as end:
        finding: Finding = end.value
        return finding
    finally:
        conversation.close()
