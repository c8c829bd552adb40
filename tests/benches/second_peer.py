"""The PyPI package `python-dlt645` as a contender, in the peers' own interpreter: two packages share that name.

Run there as a file, it imports nothing of ours: reads frames as hex, one a line up to an empty one; then each line `go`
decodes them all and is answered with how many.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAME = "PyPI python-dlt645 0.1.4"
PYTHON = Path(__file__).resolve().parents[2] / ".venv-peers" / "bin" / "python"


@contextmanager
def decoder(raws: Sequence[bytes]) -> Iterator[Callable[[], int]]:
    """One round of decoding these frames to a number."""
    with subprocess.Popen([str(PYTHON), __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None and peer.stdout is not None
        told, heard = peer.stdin, peer.stdout
        told.write("".join(f"{raw.hex()}\n" for raw in raws) + "\n")

        def go() -> int:
            told.write("go\n")
            told.flush()
            return int(heard.readline())

        try:
            yield go
        finally:
            told.close()


def main() -> None:
    import dlt645  # type: ignore[import-untyped]  # has no stubs

    raws = [bytearray.fromhex(line).lstrip(b"\xfe") for line in iter(sys.stdin.readline, "\n")]
    while sys.stdin.readline():
        heard = []
        for raw in raws:
            frame = dlt645.Frame()
            frame.load(raw)
            heard.append(int(frame.data[:-8]) / 100)
        print(len(heard), flush=True)


if __name__ == "__main__":
    main()
