"""Simulated fleets on the machine's own clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headend.clock import SystemClock
from simulators import FleetPlan, run_simulator


async def simulate_fleet(
    protocol: str,
    listen_url: str,
    plan: FleetPlan,
    *,
    witness: Path | None,
    announce: Callable[[str], None],
) -> None:
    """Simulated meters on one line until cancelled; SimulatorError."""
    await run_simulator(protocol, listen_url, plan, now=SystemClock().now, announce=announce, witness=witness)
