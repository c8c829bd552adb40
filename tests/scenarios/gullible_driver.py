"""A driver that believes any frame with the right shape, as many readers do: the control that the judge must catch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collectors.conversation import Answer, Ask, Conversation
from collectors.drivers.dlt645 import Dlt645Driver
from headend.domain.collection import MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import MeterInstallation
from headend.domain.readings import ReadingSource
from protocols import dlt645
from protocols.dlt645.requests import di_from_wire


class GullibleDriver(Dlt645Driver):
    """Takes the first frame that comes back, whoever sent it and whatever it is about."""

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """Pretends that every frame answers: its address and identifier are replaced by those that were asked for."""
        talk = super().read(installation, items, source)
        try:
            ask = next(talk)
            while True:
                request = dlt645.Connection().receive(ask.request)[0]
                assert isinstance(request, dlt645.FrameReceived)
                try:
                    answer = yield Ask(ask.request, _is_frame, ask.timeout_s, ask.attempts)
                except NoAnswer as silence:
                    ask = talk.throw(silence)
                else:
                    ask = talk.send(_readdressed(answer, request.frame))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # the generator's own return


def _is_frame(event: Any) -> bool:  # Any: an event of the line's parser
    return isinstance(event, dlt645.FrameReceived)


def _readdressed(answer: Answer, request: dlt645.Frame) -> Answer:
    asked = di_from_wire(request.data[:4])
    heard = answer.event.frame
    frame = dlt645.read_reply(dlt645.read(request.address, asked), heard.data[4:])[0]
    return answer._replace(event=dlt645.FrameReceived(frame, answer.event.raw))
