"""A process that writes until it is killed, and says on stdout what is durable: one number a line.

Usage: python -m tests.contract.crash.writer KIND PATH, then on stdin the first number to write, once for every
life. Each life is a fork of its own: its process id is the first line it says, `dead` follows its last one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.contract.crash.subjects import SUBJECTS, Subject

WRITERS = 8


def say(word: object) -> None:
    """One write call: a line is heard whole or not at all."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


async def write(subject: Subject, numbers: Iterator[int]) -> None:
    for number in numbers:
        await subject.write(number)
        say(number)


async def live(kind: str, path: Path, first: int) -> None:
    say(os.getpid())
    async with SUBJECTS[kind](path) as subject, asyncio.TaskGroup() as group:
        numbers = itertools.count(first)
        for _ in range(WRITERS):
            group.create_task(write(subject, numbers))


def main(kind: str, path: Path) -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(live(kind, path, int(line)))
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
