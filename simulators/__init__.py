"""Simulated meters that speak real protocols over real lines, and write down what they truly did.

For test harnesses and demos; knows the wire from the manuals and nothing of the head-end. Names are looked up when they
are first used: whoever has the package installed loads its pytest plugin in every run, and shall not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.errors import ListenError, SimulatorError, WitnessError
    from simulators.fleet import FleetPlan, build_fleet
    from simulators.load_shape import CustomerClass
    from simulators.meter import MeterSpec, SimulatedMeter
    from simulators.run import FACES, Running, run_simulator, serve

__all__ = [
    "FACES",
    "CustomerClass",
    "FleetPlan",
    "ListenError",
    "MeterSpec",
    "Running",
    "SimulatedMeter",
    "SimulatorError",
    "WitnessError",
    "build_fleet",
    "run_simulator",
    "serve",
]
_HOMES = {
    "simulators.errors": ("ListenError", "SimulatorError", "WitnessError"),
    "simulators.fleet": ("FleetPlan", "build_fleet"),
    "simulators.load_shape": ("CustomerClass",),
    "simulators.meter": ("MeterSpec", "SimulatedMeter"),
    "simulators.run": ("FACES", "Running", "run_simulator", "serve"),
}


def __getattr__(name: str) -> object:
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
