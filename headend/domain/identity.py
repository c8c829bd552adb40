"""Who answers under an address: what a meter says of itself against what is registered, as a pure decision.

Asks nothing and keeps nothing. One odd answer never names anything: a damaged frame must not exchange a meter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

NAMEPLATE_DIGITS = range(8, 13)
REMEMBERED = 8  # tells of one place that are looked at
BELIEVED = 2  # equal tells in a row; one is only a doubt
MOST_GARBLED = (
    3  # of the remembered: more than a noisy wire damages, as an answer that cannot be decoded passed its sum
)


class IdentityFinding(StrEnum):
    """What is known of who answers at a place."""

    UNTOLD = "untold"
    DOUBTFUL = "doubtful"
    LEARNED = "learned"
    CONFIRMED = "confirmed"
    EXCHANGED = "exchanged"
    SWAPPED_CABLES = "swapped_cables"
    WRONG_ADDRESS = "wrong_address"
    SHARED_ADDRESS = "shared_address"
    STRANGER = "stranger"

    @property
    def is_another_meter(self) -> bool:
        """It is certain that not the registered meter answers, or not it alone."""
        return self in ANOTHER


ANOTHER = frozenset(
    {
        IdentityFinding.EXCHANGED,
        IdentityFinding.SWAPPED_CABLES,
        IdentityFinding.WRONG_ADDRESS,
        IdentityFinding.SHARED_ADDRESS,
        IdentityFinding.STRANGER,
    }
)


def identity_of(text: str) -> str:
    """The identity in the one form that is compared: no blanks, no leading zeros, capitals; empty = says nothing.

    A number of zeros, of FF or of AA is what a meter tells whose number was never set.
    """
    word = "".join(text.replace("\0", "").split()).upper()
    bare = word.lstrip("0")
    return "" if set(bare) <= {"F"} or set(bare) <= {"A"} else bare


@dataclass(frozen=True, slots=True)
class RegisteredMeter:
    """Who is registered at a place: its serial number, and the identity that it was heard to tell there.

    `heard` is empty until the place has told the meter's identity, `planned` unless an exchange is ahead.
    """

    serial_number: str
    heard: str = ""
    planned: str = ""

    def is_told_by(self, identity: str) -> bool:
        """Whether this meter tells that identity, as far as is known."""
        return identity == (self.heard or identity_of(self.serial_number))


@dataclass(frozen=True, slots=True)
class IdentityPicture:
    """What all places say. `told` holds their tells since the last decision of a person, oldest first.

    None stands for an answer that could not be understood. `homes` is the place at which the meter of an identity is
    registered. `registered` and `told` are by place.
    """

    registered: Mapping[int, RegisteredMeter]
    homes: Mapping[str, int]
    told: Mapping[int, Sequence[str | None]]

    def believed(self, place: int) -> str:
        """The identity that the place told last and often enough; empty when there is none."""
        return _believed(self._newest(place))

    def judge(self, place: int) -> IdentityFinding:
        """Who answers at this place."""
        tells = self._newest(place)
        meter = self.registered[place]
        if not tells:
            return IdentityFinding.UNTOLD
        if shares_address(tells):
            return IdentityFinding.SHARED_ADDRESS
        told = tells[-1]
        if told is None:
            return IdentityFinding.DOUBTFUL
        if meter.is_told_by(told):
            return IdentityFinding.CONFIRMED
        if _believed(tells) != told:
            return IdentityFinding.DOUBTFUL
        return self._other(place, told)

    def _other(self, place: int, told: str) -> IdentityFinding:
        """The place certainly tells an identity that is not the one expected."""
        meter = self.registered[place]
        home = self.homes.get(told, place)
        if home != place:
            there = self.believed(home)
            is_crossed = bool(there) and meter.is_told_by(there)
            return IdentityFinding.SWAPPED_CABLES if is_crossed else IdentityFinding.WRONG_ADDRESS
        if told == meter.planned or meter.heard:
            return IdentityFinding.EXCHANGED
        return IdentityFinding.STRANGER if is_same_numbering(meter.serial_number, told) else IdentityFinding.LEARNED

    def _newest(self, place: int) -> Sequence[str | None]:
        return list(self.told.get(place, ()))[-REMEMBERED:]


def shares_address(tells: Sequence[str | None]) -> bool:
    """Two identities come in turn, each more than once, or what comes is often noise where it was clean."""
    clean = [tell for tell in tells if tell is not None]
    if clean and len(tells) - len(clean) >= MOST_GARBLED:
        return True
    real = [tell for tell in clean if clean.count(tell) >= BELIEVED]
    turns = [tell for tell, _ in groupby(real)]
    return len(turns) > len(set(turns))


def is_same_numbering(serial_number: str, identity: str) -> bool:
    """Whether a serial number is of the kind that the meter tells, so that a difference means another meter.

    Registers often bear the utility's own number while the meter tells its maker's; these say nothing of each other.
    Eight to twelve written digits, as nameplates have, are the numbering that meters tell.
    """
    word = "".join(serial_number.split())
    return word.isdigit() and len(word) in NAMEPLATE_DIGITS and identity.isdigit() and len(identity) <= 12


def _believed(tells: Sequence[str | None]) -> str:
    last = tells[-BELIEVED:]
    told = last[-1] if last else None
    return told if told is not None and len(last) == BELIEVED and len(set(last)) == 1 else ""
