"""The supply relay inside a meter: its movements over time. Who may move it is decided elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RelayMovement:
    """The contact changed at this instant."""

    at: datetime
    is_closed: bool
    cause: str


RelayListener = Callable[[RelayMovement], None]


class Relay:
    """Closed at commissioning; every movement is kept and told to listeners once."""

    def __init__(self) -> None:
        self._movements: list[RelayMovement] = []
        self._listeners: list[RelayListener] = []

    def listen(self, listener: RelayListener) -> None:
        """Call `listener` at every movement from now on."""
        self._listeners.append(listener)

    def open(self, at: datetime, cause: str) -> None:
        self._move(RelayMovement(at, False, cause))

    def close(self, at: datetime, cause: str) -> None:
        self._move(RelayMovement(at, True, cause))

    def is_closed(self, at: datetime) -> bool:
        """The contact at this instant."""
        last = next((m for m in reversed(self._movements) if m.at <= at), None)
        return last is None or last.is_closed

    def interruptions(self, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans without supply up to an instant, oldest first."""
        opened: datetime | None = None
        for movement in self._movements:
            if movement.at >= until:
                break
            if not movement.is_closed:
                opened = movement.at
            elif opened is not None:
                yield opened, movement.at
                opened = None
        if opened is not None:
            yield opened, until

    def _move(self, movement: RelayMovement) -> None:
        if self._movements and movement.at < self._movements[-1].at:
            raise ValueError("a relay does not move in its past")
        if self.is_closed(movement.at) == movement.is_closed:
            return
        self._movements.append(movement)
        for listener in self._listeners:
            listener(movement)
