"""Simulated fleets on the machine's own clock, and meters that tell what a Modbus profile describes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from collectors.profiles import ModbusProfile, ModbusRegister, Ratio
from collectors.units import power_of_ten
from headend import shipped
from headend.clock import SystemClock
from protocols.modbus.registers import encode
from simulators import FleetPlan, run_simulator
from simulators.faces.described_registers import Described, DescribedRegisters
from simulators.faces.modbus import described_face
from simulators.simulation import Face

ZERO = (0,)


def profile_face(name: str) -> Face:
    """A face that plays a shipped Modbus profile; ValueError where there is none of that name."""
    root = shipped.config_root()
    profiles = shipped.telling_profiles(root, "modbus", ModbusProfile, shipped.reading_types(root))
    if name not in profiles:
        raise ValueError(f"no Modbus profile {name!r}: choose one of {', '.join(profiles)}")
    return described_face(profile_registers(profiles[name]))


def profile_registers(profile: ModbusProfile) -> DescribedRegisters:
    """What a meter of this profile has."""
    registers = [_described(register) for register in profile.registers]
    return DescribedRegisters(profile.function, profile.max_registers, registers)


def _described(register: ModbusRegister) -> Described:
    exponents = [] if register.exponent_at is None else [(register.exponent_at, ZERO)]
    ones = [*exponents, *((ratio.address, _one(ratio)) for ratio in register.ratios)]
    return Described(register.reading_type, register.address, register.layout, _power(register.unit), ones)


def _one(ratio: Ratio) -> tuple[int, ...]:
    return encode(Decimal(1), ratio.layout)


def _power(unit: str) -> int:
    """From the plain unit to this one: -3 for kWh."""
    return -(power_of_ten(unit, unit[1:]) or 0)


async def simulate_fleet(
    protocol: str | Face,
    listen_url: str,
    plan: FleetPlan,
    *,
    witness: Path | None,
    announce: Callable[[str], None],
) -> None:
    """Simulated meters on one line until cancelled; SimulatorError."""
    await run_simulator(protocol, listen_url, plan, now=SystemClock().now, announce=announce, witness=witness)
