"""Password hashes by argon2id, off the event loop and two at a time: 64 MiB each."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """Passwords port with the library's defaults (RFC 9106 low-memory profile)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """See Passwords."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """See Passwords."""
        if self._nobody is None:
            self._nobody = await self.hash("nobody")
        is_right = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, kept or self._nobody, password
        )
        return is_right and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
