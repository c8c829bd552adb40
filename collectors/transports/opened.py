"""A pipe opened by a connect step: the shared half of TCP and serial. Translates foreign errors once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from collectors.transports.pipe import ReceivingPipe
from headend.domain.errors import LineDown

Connect = Callable[[], Awaitable[ReceivingPipe]]


class OpenedPipe:
    """BytePipe over a connect function; reopening makes a new connection."""

    def __init__(self, name: str, connect: Connect) -> None:
        self._name, self._connect = name, connect
        self._pipe: ReceivingPipe | None = None

    def __repr__(self) -> str:
        return f"<{self._name} {'open' if self.is_open else 'closed'}>"

    async def open(self) -> None:
        """Connect; LineDown with the reason."""
        await self.close()
        try:
            self._pipe = await self._connect()
        except OSError as error:  # serial.SerialException is an OSError too
            raise LineDown(f"{self._name}: {error.strerror or error}") from error

    @property
    def is_open(self) -> bool:
        """See BytePipe."""
        return self._pipe is not None and not self._pipe.is_lost

    def write(self, data: bytes) -> Coroutine[Any, Any, None]:  # Any: nothing is yielded or sent
        """See BytePipe. The inner coroutine itself: one more around it would be paid for in every exchange."""
        return self._opened().write(data)

    def read(self, by: float) -> Coroutine[Any, Any, bytes]:  # Any: as above
        """See BytePipe."""
        return self._opened().read(by)

    def pending(self) -> bytes:
        """See BytePipe."""
        return self._opened().pending()

    async def close(self) -> None:
        """See BytePipe."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            await pipe.close()

    def _opened(self) -> ReceivingPipe:
        if self._pipe is None:
            raise LineDown(f"{self._name}: not open")
        return self._pipe
