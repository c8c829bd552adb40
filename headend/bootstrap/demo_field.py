"""The field of the demonstration in a process of its own, as a field is: broker, meters, and the clock they go by.

Behind one event loop with the head-end ten thousand meters would answer late for want of a processor, not of a line.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from headend.bootstrap.demo_fleet import Bus, run_fleet
from headend.clock import SteppedClock, SystemClock
from headend.domain.metering import MeterRegistration
from simulators import SimulatorError
from simulators.broker import local_broker

ENDING_S = 30.0  # witness files are written to their ends


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """What stands there. With `stands_at` its wall clock stands still, and is moved by `DemoField.move_to`."""

    buses: Sequence[Bus]
    witness: Path
    installed_at: datetime
    stands_at: datetime | None = None


class DemoField:
    """The running field."""

    def __init__(self, pipe: Connection, registrations: Sequence[MeterRegistration]) -> None:
        self._pipe, self.registrations = pipe, registrations

    async def move_to(self, instant: datetime) -> None:
        """Set the clock that stands still."""
        self._pipe.send(instant)
        await _answer(self._pipe)


@asynccontextmanager
async def running_field(plan: FieldPlan) -> AsyncIterator[DemoField]:
    """The field while the block runs; SimulatorError when it cannot start."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=_stand, args=(there, plan), daemon=True, name="simulated field")
    process.start()
    there.close()
    try:
        yield DemoField(here, await _answer(here))
        here.send(None)
        await asyncio.to_thread(process.join, ENDING_S)
    finally:
        process.kill()


async def _answer(pipe: Connection) -> Sequence[MeterRegistration]:
    try:
        told: Sequence[MeterRegistration] | str = await asyncio.to_thread(pipe.recv)
    except EOFError as error:
        raise SimulatorError("the simulated field has ended") from error
    if isinstance(told, str):
        raise SimulatorError(told)
    return told


def _stand(pipe: Connection, plan: FieldPlan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us says when to end
    asyncio.run(_serve(pipe, plan))


async def _serve(pipe: Connection, plan: FieldPlan) -> None:
    clock = SystemClock() if plan.stands_at is None else SteppedClock(plan.stands_at)
    try:
        async with (
            local_broker() as url,
            run_fleet(
                plan.buses, broker_url=url, now=clock.now, witness=plan.witness, installed_at=plan.installed_at
            ) as fleet,
        ):
            pipe.send(fleet.registrations)
            while (instant := await asyncio.to_thread(_order, pipe)) is not None:
                assert isinstance(clock, SteppedClock)
                clock.move_to(instant)
                pipe.send(())
    except (SimulatorError, OSError) as error:
        pipe.send(str(error))


def _order(pipe: Connection) -> datetime | None:
    try:
        order: datetime | None = pipe.recv()
    except EOFError:
        return None
    return order
