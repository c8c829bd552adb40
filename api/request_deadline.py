"""A deadline on reading a request: an idle, dripping or half-sent one is closed. A slow answer is not touched.

uvicorn has no such deadline; without it a few thousand half-open requests hold the server (slow loris).
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class DeadlineProtocol(HttpToolsProtocol):
    """HTTP/1.1 connection whose requests must arrive whole within `deadline_s`."""

    deadline_s = 30.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """The first request is due from here on."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes between two requests end uvicorn's keep-alive timer: from here on ours runs."""
        if self.cycle is None or self.cycle.response_complete:
            self._arm()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request has begun, perhaps behind another one."""
        super().on_message_begin()
        self._arm()

    def on_message_complete(self) -> None:
        """The request has come whole."""
        self._disarm()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The server ends: what has not come whole by now is not waited for."""
        if self._timer is not None and (self.cycle is None or self.cycle.more_body):
            self.transport.abort()
        else:
            super().shutdown()

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.deadline_s, self._too_late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.abort()


def reading_within(deadline_s: float) -> type[DeadlineProtocol]:
    """The protocol with another deadline."""
    return type("DeadlineProtocol", (DeadlineProtocol,), {"deadline_s": deadline_s})
