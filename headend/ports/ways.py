"""The ways to meters, which of them is used, and registers that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.ways import Way, WayChoice


class WayBook(Protocol):
    """More ways to meters than their own lines. Rows are ended, never deleted."""

    async def add(self, ways: Sequence[Way]) -> Sequence[Way]:
        """Keep all or none; the lines are made where they are not there yet.

        UnknownMeter; Conflict names the first whose rank is taken then, or whose address is another meter's.
        """
        ...

    async def end(self, way_id: int, at: datetime) -> Way:
        """It holds until then; UnknownWay, Conflict when it has ended or would end before it began."""
        ...

    async def of(self, installation_id: int) -> Sequence[Way]:
        """All of a meter, ended ones too, by rank and time."""
        ...

    async def open_at(self, instant: datetime) -> Sequence[Way]:
        """Those that hold then or later, of everybody, by meter and rank."""
        ...

    async def choices(self) -> Mapping[int, WayChoice]:
        """The ways in use that were kept, without their health, by installation."""
        ...

    async def choose(self, installation_id: int, choice: WayChoice) -> None:
        """Keep which way is used; its health is not kept."""
        ...


class WayWatch(Protocol):
    """Which way is used now."""

    def choice(self, installation_id: int) -> WayChoice:
        """Way, since when, why, and how every way has answered."""
        ...


class FieldReadingBook(Protocol):
    """What people read, and the files it came in. Nothing is ever changed."""

    async def keep(self, readings: Sequence[FieldReading], file: ReadingFile | None = None) -> int | None:
        """All or none, with the file they came in; the number of the import.

        Conflict names the earlier import or entry when the file or a reading of the same meter, type and instant is
        there already.
        """
        ...

    async def file(self, import_id: int) -> ReadingFile:
        """The file as it came; UnknownImport."""
        ...

    async def file_with(self, sha256: str) -> ReadingFile | None:
        """The import of these very bytes."""
        ...

    async def known(self, installation_ids: Sequence[int]) -> Sequence[FieldReading]:
        """Everything of these meters, by meter, type and time."""
        ...

    async def newest(self, installation_id: int, limit: int) -> Sequence[FieldReading]:
        """Of one meter, the newest first."""
        ...
