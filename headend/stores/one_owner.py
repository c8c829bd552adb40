"""A file that one process at a time can hold: where the engine of a store does not keep a second writer out itself."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headend.domain.errors import StoreUnavailable


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the file; StoreUnavailable when another process does. The kernel lets go when this process dies."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreUnavailable(
                f"the reading store {path} is held by another process; ask the running server instead"
            ) from error
        yield
