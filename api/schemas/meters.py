"""Shapes of meters and of their import."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, Field

from api.parameters import Instant
from api.schemas.readings import ReadingAnswer
from headend.domain.metering import CustomerClass, MeterInstallation, Protocol
from headend.queries.fleet import MeterRow, MeterState

DecimalText = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]


class MeterAnswer(BaseModel):
    """A meter at a usage point; `id` is the number of the installation."""

    id: int
    usage_point: str
    customer_class: CustomerClass
    capacity_kva: DecimalText
    serial_number: str
    protocol: Protocol
    profile: str
    server_address: str
    line_url: str
    multiplier: DecimalText
    installed_at: Instant
    state: MeterState
    last_heard: Instant | None


class MetersAnswer(BaseModel):
    """A page of meters; `total` counts all that match."""

    total: int
    meters: list[MeterAnswer]


class MeterDetail(MeterAnswer):
    """A meter with its newest values."""

    latest: list[ReadingAnswer]


class ImportAnswer(BaseModel):
    """How many meters were added."""

    added: int


def meter_fields(row: MeterRow) -> dict[str, object]:
    """The fields of MeterAnswer."""
    return {**_installation_fields(row.installation), "state": row.state, "last_heard": row.last_heard}


def meter_answer(row: MeterRow) -> MeterAnswer:
    """One row of the fleet."""
    return MeterAnswer.model_validate(meter_fields(row))


def without_password(url: str) -> str:
    """A line's URL without its user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return url if host == parts.netloc else urlunsplit(parts._replace(netloc=host))


def _installation_fields(installation: MeterInstallation) -> dict[str, object]:
    point, meter = installation.usage_point, installation.meter
    return {
        "id": installation.id,
        "usage_point": point.name,
        "customer_class": point.customer_class,
        "capacity_kva": f"{point.capacity_kva:f}",
        "serial_number": meter.serial_number,
        "protocol": meter.protocol,
        "profile": meter.profile,
        "server_address": meter.server_address,
        "line_url": without_password(meter.line.url),
        "multiplier": f"{installation.multiplier:f}",
        "installed_at": installation.installed_at,
    }
