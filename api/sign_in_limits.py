"""How often somebody may try to sign in: per account and per address, in sliding windows, in this process."""

from __future__ import annotations

import ipaddress

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.refusals import TooManyAttempts

PER_ACCOUNT = RateLimitItemPerMinute(5, namespace="account")
PER_ADDRESS = RateLimitItemPerMinute(20, namespace="address")
WINDOW_S = 60


class SignInLimits:
    """Counts attempts before a password is looked at, so that guessing does not even cost us a hash."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, account: str, address: str) -> None:
        """Count an attempt; TooManyAttempts when it is one too many."""
        for limit, key in ((PER_ADDRESS, network_of(address)), (PER_ACCOUNT, account)):
            if not await self._limiter.hit(limit, key):
                raise TooManyAttempts(WINDOW_S)

    async def forgive(self, account: str) -> None:
        """The password was right: the account starts afresh; the address does not."""
        await self._limiter.clear(PER_ACCOUNT, account)


def network_of(address: str) -> str:
    """The address, or its /64 in IPv6, where one host may have them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))
