"""When a simulated terminal speaks unasked: login, heartbeats, its report, repetitions. Timers only, no I/O.

What is not confirmed is repeated; after enough of that the connection is given up.
"""

from dataclasses import dataclass

from protocols.gdw1376 import Frame, walk
from protocols.gdw1376.functions.link import ALL_CONFIRMED, EACH_CONFIRMED, HEARTBEAT, LOGIN
from simulators.faces.gdw1376_terminal import SimulatedTerminal

LINK = 0x02
CONFIRM_S, TRIES = 10.0, 3
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 32.0


@dataclass(slots=True)
class _Open:
    """A frame that waits for its confirmation."""

    raw: bytes
    sequence: int
    is_login: bool
    is_report: bool
    sent_at: float
    tries: int = 1


class Dialling:
    """One terminal's side of the link; times are those of the loop."""

    def __init__(self, terminal: SimulatedTerminal, heartbeat_s: float) -> None:
        self._terminal, self._heartbeat_s = terminal, heartbeat_s
        self._sequence = -1
        self._open: _Open | None = None
        self._next_heartbeat = 0.0
        self._has_reported = False
        self._failures = 0
        self.is_logged_in = False
        self.is_hopeless = False

    def connected(self, now: float) -> bytes:
        """The login."""
        self._terminal.reconnected()
        self.is_logged_in = self.is_hopeless = False
        return self._begin(LOGIN, now)

    def disconnected(self) -> float:
        """How long to wait before dialling again."""
        self._open = None
        self._failures = 0 if self.is_logged_in else self._failures + 1
        self.is_logged_in = False
        return min(FIRST_RETRY_S * 2.0**self._failures, LONGEST_RETRY_S)

    def receive(self, raw: bytes, now: float) -> list[bytes]:
        """Bytes of the master; what to send."""
        sending: list[bytes] = []
        for said in self._terminal.receive(raw):
            if isinstance(said, Frame):
                sending += self._confirmed(said, now)
            else:
                sending.append(said)
        return sending

    def tick(self, now: float) -> list[bytes]:
        """What is due."""
        if self._open is not None:
            return self._repeat(self._open, now)
        if self.is_logged_in and now >= self._next_heartbeat:
            return [self._begin(HEARTBEAT, now)]
        return []

    def _confirmed(self, frame: Frame, now: float) -> list[bytes]:
        """By either dialect."""
        units, _ = walk(frame.data, frame.afn, is_up=False)
        is_yes = frame.afn == 0 and units and units[0].function in (ALL_CONFIRMED, EACH_CONFIRMED)
        if self._open is None or not is_yes or frame.sequence != self._open.sequence:
            return []
        confirmed, self._open = self._open, None
        self._has_reported = self._has_reported or confirmed.is_report
        self._next_heartbeat = now + self._heartbeat_s
        if confirmed.is_login:
            self.is_logged_in = True
        return [] if self._has_reported else [self._report(now)]

    def _repeat(self, waiting: _Open, now: float) -> list[bytes]:
        if now - waiting.sent_at < CONFIRM_S:
            return []
        if waiting.tries >= TRIES:
            self.is_hopeless = True
            return []
        waiting.tries, waiting.sent_at = waiting.tries + 1, now
        return [waiting.raw]

    def _begin(self, function: int, now: float) -> bytes:
        raw = self._terminal.begin(LINK, function, self._next_sequence())
        self._open = _Open(raw, self._sequence, function == LOGIN, is_report=False, sent_at=now)
        return raw

    def _report(self, now: float) -> bytes:
        raw = self._terminal.power_on_report(self._next_sequence())
        self._open = _Open(raw, self._sequence, is_login=False, is_report=True, sent_at=now)
        return raw

    def _next_sequence(self) -> int:
        self._sequence = (self._sequence + 1) % 16
        return self._sequence
