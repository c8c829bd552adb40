"""Simulated meters that speak real protocols over real lines, and write down what they truly did.

For test harnesses and demos; knows the wire from the manuals and nothing of the head-end.
"""

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
