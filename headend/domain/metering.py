"""Usage point, meter, installation, line: who is metered by what, over which way. No protocol knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from headend.domain.topology import Placement


class Protocol(StrEnum):
    """Wire protocols this head-end has a driver for."""

    DLT645 = "dlt645"
    MODBUS = "modbus"
    MQTT = "mqtt"
    GDW1376 = "gdw1376"
    DLT698 = "dlt698"


class CustomerClass(StrEnum):
    """Customer classes that validation limits are set by."""

    RESIDENTIAL = "residential"
    COMMERCIAL = "commercial"
    INDUSTRIAL = "industrial"
    STREET_LIGHTING = "street_lighting"
    PROSUMER = "prosumer"


OWN_LINE = 1  # the rank of the way that a meter was registered with
CUSTOMER_CLASSES: tuple[CustomerClass, ...] = tuple(CustomerClass)


@dataclass(frozen=True, slots=True)
class Line:
    """A way to meters that one task owns: a serial port, a gateway socket, a broker. `url` says which."""

    id: int
    url: str


@dataclass(frozen=True, slots=True)
class Meter:
    """A physical meter: asset number, protocol, profile and its address on the line."""

    id: int
    serial_number: str
    protocol: Protocol
    profile: str
    server_address: str
    line: Line


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """Where billing happens; survives a meter exchange. Capacity in kVA, 0 = unknown."""

    id: int
    name: str
    customer_class: CustomerClass
    capacity_kva: Decimal = Decimal(0)


class InstallationState(StrEnum):
    """Whether people stand behind an installation.

    SUPERSEDED: another meter answers in its place since `superseded_at`, and nobody has said why. UNCONFIRMED: that
    other meter. REJECTED: it was none.
    """

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class MeterInstallation:
    """A meter at a usage point from `installed_at` (aware UTC) until `removed_at`; multiplier = CT x PT.

    `way` is the rank of the way by which `meter` says it is reached: its own line, unless somebody chose another.
    """

    id: int
    usage_point: UsagePoint
    meter: Meter
    installed_at: datetime
    removed_at: datetime | None = None
    multiplier: Decimal = Decimal(1)
    state: InstallationState = InstallationState.CONFIRMED
    superseded_at: datetime | None = None
    way: int = OWN_LINE

    @property
    def is_open(self) -> bool:
        """It is the one that answers at its place."""
        return self.removed_at is None and self.superseded_at is None

    @property
    def is_switching_blocked(self) -> bool:
        """It is not certain whose supply this meter switches: nothing may be switched through it."""
        return self.state is not InstallationState.CONFIRMED or self.removed_at is not None

    def __post_init__(self) -> None:
        if self.installed_at.tzinfo is None:
            raise ValueError("installed_at must be aware")
        if self.removed_at is not None and self.removed_at <= self.installed_at:
            raise ValueError("a meter cannot be removed before it is installed")
        if self.multiplier <= 0:
            raise ValueError("the multiplier must be above zero")


@dataclass(frozen=True, slots=True)
class MeterRegistration:
    """One row of an import: everything that is needed to make a usage point, a meter and its installation.

    `supply` says what feeds the usage point; it is applied with the registration or not at all.
    """

    usage_point: str
    customer_class: CustomerClass
    capacity_kva: Decimal
    serial_number: str
    protocol: Protocol
    profile: str
    server_address: str
    line_url: str
    multiplier: Decimal
    installed_at: datetime
    supply: tuple[Placement, ...] = ()
