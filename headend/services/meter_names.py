"""Which installation a file means by a serial number or a usage point. Open ones only."""

from __future__ import annotations

from collections.abc import Sequence

from headend.domain.metering import MeterInstallation
from headend.services.import_row import ImportRow

NAMED_BY = ("serial_number", "usage_point")


class MeterNames:
    """Open installations by the names that files use."""

    def __init__(self, installations: Sequence[MeterInstallation]) -> None:
        self._by_serial = {one.meter.serial_number: one for one in installations}
        self._by_point = {one.usage_point.name: one for one in installations}

    def of(self, row: ImportRow) -> MeterInstallation | None:
        """The installation of a row; an error where it names none, or two."""
        serial, point = row.cell("serial_number"), row.cell("usage_point")
        if not serial and not point:
            row.wrong("serial_number", "neither meter nor usage point is named", "fill in one of the two")
            return None
        found = self._by_serial.get(serial) if serial else self._by_point.get(point)
        column, name = ("serial_number", serial) if serial else ("usage_point", point)
        if found is None:
            row.wrong(column, f"no meter is installed for {name!r}", "write it as the meter list shows it")
        elif serial and point and found.usage_point.name != point:
            row.wrong("usage_point", f"meter {serial} is at {found.usage_point.name!r}", "correct one of the two")
            return None
        return found
