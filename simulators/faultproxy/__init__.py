"""A line between anybody's head-end and anybody's meters that does to the bytes what a bad line does. Seeded."""

from simulators.faultproxy.faults import FAULTS, Direction, Rule
from simulators.faultproxy.model import FaultModel
from simulators.faultproxy.proxy import run_fault_proxy

__all__ = ["FAULTS", "Direction", "FaultModel", "Rule", "run_fault_proxy"]
