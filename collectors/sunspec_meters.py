"""Where SunSpec meters keep their registers: found in the device once, then remembered until it is silent or refuses.

Holds no table: the models are profiles whose addresses count from the model's first register.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.conversation import Conversation
from collectors.profiles import ModbusProfile, TextRegister, Timing
from collectors.register_reads import Failed, Heard, RegisterReads
from headend.domain.collection import ItemError
from headend.domain.metering import MeterInstallation
from protocols import modbus
from protocols.modbus import sunspec

PROFILE = "sunspec"
"""The name that a meter has as its profile when its model is to be found in the device."""
IDENTITY = "serial_number"
NAMEPLATE = (
    TextRegister("manufacturer", 2, 16),
    TextRegister("model", 18, 16),
    TextRegister(IDENTITY, 50, 16),
)
"""Texts of the common model, counted from its first register."""


class SunSpecMeters:
    """The profiles of the meters whose places are known, by installation."""

    def __init__(self, models: Iterable[ModbusProfile]) -> None:
        self._models = {number: profile for profile in models for number in profile.sunspec_models}
        self._known: dict[tuple[int, str, str], ModbusProfile] = {}
        self._placed: dict[sunspec.Found, ModbusProfile] = {}

    @property
    def told(self) -> Sequence[str]:
        """What any of the models tells."""
        return tuple(dict.fromkeys(name for profile in self._models.values() for name in profile.told))

    @property
    def timing(self) -> Timing:
        """How long to wait before it is known which model the meter has."""
        return next(profile.timing for profile in self._models.values())

    def find(self, installation: MeterInstallation, reads: RegisterReads) -> Conversation[ModbusProfile | Failed]:
        """The meter's profile as it is known, else as the device says."""
        known = self._known.get(_key(installation))
        if known is not None:
            return known
        found = yield from _walk(sunspec.walk(self._models), reads)
        profile = found if isinstance(found, Failed) else self._place(found)
        if not isinstance(profile, Failed):
            self._known[_key(installation)] = profile
        return profile

    def forget(self, installation: MeterInstallation) -> None:
        """Look again next time: another device may answer by then."""
        self._known.pop(_key(installation), None)

    def _place(self, found: sunspec.Found) -> ModbusProfile | Failed:
        if found not in self._placed:
            model = self._models[found.model]
            needed = max(register.span.stop for register in model.registers) - sunspec.HEADER
            if found.length < needed:
                reason = f"SunSpec model {found.model} has {found.length} registers where {needed} are described"
                return Failed(ItemError.INVALID_DATA, reason)
            self._placed[found] = _placed(model, found)
        return self._placed[found]


def _placed(model: ModbusProfile, found: sunspec.Found) -> ModbusProfile:
    """The model's profile with addresses as on the wire; its name says where it was found."""
    at = found.common
    texts = () if at is None else tuple(replace(text, address=text.address + at) for text in NAMEPLATE)
    name = f"SunSpec model {found.model} at {found.address}, common model at {at}"
    return replace(model.moved(found.address), name=name, texts=texts)


def _walk(steps: sunspec.Walk, reads: RegisterReads) -> Conversation[sunspec.Found | Failed]:
    answer = None
    try:
        request = next(steps)
        while True:
            heard = yield from reads.read(request)
            if isinstance(heard, Heard):
                said: modbus.Registers | modbus.Refused = modbus.outcome(heard.answer.event.frame)
            elif heard.refused is not None:
                said = heard.refused
            else:
                return heard
            answer = heard.answer
            request = steps.send(said)
    except StopIteration as end:
        found: sunspec.Found = end.value
        return found
    except sunspec.BrokenChain as error:
        return Failed(ItemError.INVALID_DATA, str(error), answer)
    except sunspec.SunSpecError as error:
        return Failed(ItemError.NOT_SUPPORTED, str(error), answer)


def _key(installation: MeterInstallation) -> tuple[int, str, str]:
    meter = installation.meter
    return installation.id, meter.line.url, meter.server_address
