"""Keep meter states: opens and closes them, each once, with evidence and an event. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.meter_states import MeterState, StateKind, SuggestedAction
from headend.domain.readings import Ints
from headend.ports import Clock, EventLog, StateBook
from headend.rules.meter_states.samples import Rows

SILENCES = (EventKind.METER_SILENT, EventKind.METER_BACK)


class KeepMeterStates:
    """`load()` before anything is judged. While the store is away nothing changes; the next verdict tries again."""

    def __init__(
        self,
        book: StateBook,
        actions: Mapping[StateKind, SuggestedAction],
        terms_version: int,
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._book, self._actions, self._version = book, actions, terms_version
        self._clock, self._events = clock, events
        self._open: dict[StateKind, dict[int, MeterState]] = {kind: {} for kind in StateKind}
        self._silent: dict[int, EndDeviceEvent] = {}

    async def load(self) -> None:
        """What an earlier life left standing."""
        for state in await self._book.standing():
            self._open[state.kind][state.installation_id] = state

    def is_open(self, kind: StateKind, meters: Ints) -> Rows:
        """For each meter whether it is in this state."""
        known = self._open[kind]
        return np.isin(meters, np.fromiter(known, np.int64, len(known)))

    async def open(self, kind: StateKind, installation_id: int, since: datetime, evidence: str) -> bool:
        """A meter is in a state; nothing when it is known. False while the store is away."""
        if installation_id in self._open[kind]:
            return True
        now = self._clock.now()
        state = MeterState(installation_id, kind, min(since, now), evidence, self._version, now)
        try:
            self._open[kind][installation_id] = await self._book.open(state, self._actions[kind])
        except StoreUnavailable:
            return False
        if kind is not StateKind.NO_ANSWER:  # the silence is an event already
            await self._tell(EventKind.METER_STATE_OPENED, installation_id, f"{kind}: {evidence}")
        return True

    async def close(self, kind: StateKind, installation_id: int, evidence: str) -> None:
        """It is over; nothing when it was not so."""
        state = self._open[kind].get(installation_id)
        if state is None:
            return
        try:
            await self._book.close(state.id, self._clock.now(), evidence)
        except StoreUnavailable:
            return
        del self._open[kind][installation_id]
        if kind is not StateKind.NO_ANSWER:
            await self._tell(EventKind.METER_STATE_CLOSED, installation_id, f"{kind}: {evidence}")

    async def heard(self, event: EndDeviceEvent) -> None:
        """A meter fell silent or is back."""
        number = event.installation_id
        if number is None or event.kind not in SILENCES:
            return
        if event.kind is EventKind.METER_BACK:
            self._silent.pop(number, None)
            await self.close(StateKind.NO_ANSWER, number, f"event {event.kind} at {iso(event.occurred_at)}")
            return
        self._silent[number] = event
        await self._open_silent([number])

    async def answered(self, meters: Ints, at: datetime) -> None:
        """These told something: whoever was silent is not, also when an earlier life heard them fall silent."""
        if not self._silent and not self._open[StateKind.NO_ANSWER]:
            return
        for number in meters.tolist():
            self._silent.pop(number, None)
            await self.close(StateKind.NO_ANSWER, number, f"readings received at {iso(at)}")
        await self._open_silent(list(self._silent))

    async def _open_silent(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            event = self._silent[number]
            words = f"event {event.kind} at {iso(event.occurred_at)}: {event.detail}"
            if not await self.open(StateKind.NO_ANSWER, number, event.occurred_at, words):
                return
            del self._silent[number]

    async def _tell(self, kind: EventKind, installation_id: int, words: str) -> None:
        await self._events.record(EndDeviceEvent(kind, self._clock.now(), words, installation_id))


class StatesHearing:
    """Port EventLog: what is recorded here is heard by the states too."""

    def __init__(self, events: EventLog, states: KeepMeterStates) -> None:
        self._events, self._states = events, states
        self.recent = events.recent

    async def record(self, event: EndDeviceEvent) -> None:
        """Record, then tell."""
        await self._events.record(event)
        await self._states.heard(event)
