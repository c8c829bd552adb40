"""Modbus over TCP (MBAP) and RTU: frames, register reads and their replies, exact register values."""

from protocols.modbus.connection import Connection, Event, FrameReceived, NoiseReceived
from protocols.modbus.exceptions import exception_name
from protocols.modbus.frame import Frame, Role
from protocols.modbus.framing import Framing, NoiseReason
from protocols.modbus.mbap import Mbap
from protocols.modbus.reads import (
    HOLDING_REGISTERS,
    INPUT_REGISTERS,
    ReadRequest,
    Refused,
    Registers,
    answers,
    exception_reply,
    outcome,
    read_reply,
    read_request,
    take_request,
)
from protocols.modbus.rtu import Rtu

__all__ = [
    "HOLDING_REGISTERS",
    "INPUT_REGISTERS",
    "Connection",
    "Event",
    "Frame",
    "FrameReceived",
    "Framing",
    "Mbap",
    "NoiseReason",
    "NoiseReceived",
    "ReadRequest",
    "Refused",
    "Registers",
    "Role",
    "Rtu",
    "answers",
    "exception_name",
    "exception_reply",
    "outcome",
    "read_reply",
    "read_request",
    "take_request",
]
