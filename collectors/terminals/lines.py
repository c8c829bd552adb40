"""Lines through terminals, and who shares what: one listener a place, one channel a terminal. The last line closes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from collectors.driver import StreamDriver
from collectors.line_urls import LineUrl
from collectors.lines import LineState, StreamLine
from collectors.terminals.address import TerminalAddress
from collectors.terminals.directory import TerminalDirectory
from collectors.terminals.listener import OpenPort, TerminalListener
from collectors.terminals.ports import tcp_port, udp_port
from collectors.terminals.settings import TerminalSettings, port_settings, terminal_settings
from collectors.terminals.shared_run import SharedRun
from collectors.terminals.terminal import Terminal
from collectors.terminals.turns import Turns
from collectors.terminals.ways import DirectWay, DriverOnWay, ForwardedWay
from headend.domain.metering import Protocol
from headend.ports import Clock

UDP = "gdw1376+udp"


class Listeners:
    """The places that terminals dial, by scheme, host and port. Opens nothing before a line runs."""

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        self._clock, self._zone = clock, zone
        self._places: dict[tuple[str, str, int], TerminalListener] = {}

    def line(self, url: LineUrl, drivers: Mapping[Protocol, StreamDriver], on_state: LineState) -> StreamLine:
        """The line of a URL; it shares the listener and the terminal with others."""
        options = dict(url.options)
        address, settings, port = (
            TerminalAddress.parse(url.terminal),
            terminal_settings(options),
            port_settings(options),
        )
        terminal = self.listener(url).directory.know(address, settings)
        terminal.watch(on_state)
        way: DirectWay | ForwardedWay = DirectWay(terminal.turns)
        if port is not None:
            way = ForwardedWay(settings.addressed(address), port, terminal.turns)
        return StreamLine(terminal, {protocol: DriverOnWay(driver, way) for protocol, driver in drivers.items()})

    def listener(self, url: LineUrl) -> TerminalListener:
        """The one listener of this place."""
        place = url.scheme, url.host, url.port
        listener = self._places.get(place)
        if listener is None:
            listener = self._places[place] = self._make(url)
        return listener

    def _make(self, url: LineUrl) -> TerminalListener:
        open_port: OpenPort = partial(udp_port if url.scheme == UDP else tcp_port, host=url.host, port=url.port)

        def make(address: TerminalAddress, settings: TerminalSettings) -> Terminal:
            turns = Turns(settings.tp_delay_min, self._local_now)
            return Terminal(address, settings, turns=turns, clock=self._clock, listen=share.run)

        directory = TerminalDirectory(self._clock, make)
        listener = TerminalListener(f"{url.scheme}://{url.host}:{url.port}", directory, open_port, self._clock)
        share = SharedRun(listener.listen)
        return listener

    def _local_now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)
