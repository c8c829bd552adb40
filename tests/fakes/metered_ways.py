"""A meter of a filled site with two more ways, of which the second is used, for pages that people look at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from headend.domain.metering import Protocol
from headend.domain.ways import WayOutcome, after_cycle
from headend.services.edit_ways import WayOrder
from headend.services.enter_reading import Entry
from tests.fakes.api_services import Site

SEVERAL = 2  # the installation
DEAD = "connection to 10.1.0.2:8899 timed out"


async def add_ways(site: Site) -> None:
    """A terminal that is used since the own line is dead, a broker that was not needed yet, and an entry by hand."""
    edit, now = site.services.edit_ways, site.clock.now()
    terminal = WayOrder(2, Protocol.GDW1376, "gdw1376-2009", "1", "gdw1376://:8900?terminal=120000123")
    broker = WayOrder(3, Protocol.MQTT, "json-energy", "meter-2", "mqtt://head:secret@broker:1883")
    for order in (terminal, broker):
        await edit.add(SEVERAL, order, "li")
    choice = site.steering.choice(SEVERAL)
    for cycle in range(8):
        own = [WayOutcome(1, DEAD)] if cycle in (0, 1, 3, 6) else []
        second = [WayOutcome(2)] if cycle else []
        at = now - timedelta(minutes=15 * (8 - cycle))
        choice = after_cycle([1, 2, 3], choice, [*own, *second], at, 2)
    site.steering.know(SEVERAL, choice)
    entry = Entry("active_energy_import", Decimal("99999.50"), now - timedelta(hours=2), "王芳", "line cut", "IMG-0042")
    await site.services.enter_reading.enter(SEVERAL, entry, "li")
