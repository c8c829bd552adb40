"""Which silent meters to spare their neighbours: probed 1, 2, 4 ... cycles apart. Pure state, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES_UNTIL_SILENT = 2
LONGEST_PAUSE = 32


@dataclass(slots=True)
class _Silence:
    failures: int = 0
    pause: int = 0


class Quarantine:
    """Counts failures per meter and says who is due for a probe."""

    def __init__(self) -> None:
        self._silent: dict[int, _Silence] = {}

    def is_due(self, meter_id: int) -> bool:
        """Whether to ask this meter in the present cycle; counts its pause down when not."""
        silence = self._silent.get(meter_id)
        if silence is None or silence.pause == 0:
            return True
        silence.pause -= 1
        return False

    def answered(self, meter_id: int) -> bool:
        """Forget its failures; True when it had been called silent, so that its return is told once."""
        silence = self._silent.pop(meter_id, None)
        return silence is not None and silence.failures >= FAILURES_UNTIL_SILENT

    def failed(self, meter_id: int) -> bool:
        """Count a failure; True when it makes the meter silent, so that its loss is told once."""
        silence = self._silent.setdefault(meter_id, _Silence())
        silence.failures += 1
        if silence.failures >= FAILURES_UNTIL_SILENT:
            silence.pause = min(2 ** (silence.failures - FAILURES_UNTIL_SILENT), LONGEST_PAUSE)
        return silence.failures == FAILURES_UNTIL_SILENT

    @property
    def silent(self) -> frozenset[int]:
        """The meters that are called silent now."""
        return frozenset(m for m, s in self._silent.items() if s.failures >= FAILURES_UNTIL_SILENT)
