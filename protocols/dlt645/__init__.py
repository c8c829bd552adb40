"""DL/T 645 (2007, and reading of the 1997 edition): frames, data identifiers, read requests and replies."""

from protocols.dlt645.connection import Connection, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.dlt645.frame import BROADCAST_ADDRESS, WILDCARD_ADDRESS, Frame, encode
from protocols.dlt645.replies import ReplyAssembler, address_reply, answers, error_reply, read_reply
from protocols.dlt645.requests import read, read_address, read_follow_up, read_load_record, read_request

__all__ = [
    "BROADCAST_ADDRESS",
    "WILDCARD_ADDRESS",
    "Connection",
    "Event",
    "Frame",
    "FrameReceived",
    "NoiseReason",
    "NoiseReceived",
    "ReplyAssembler",
    "address_reply",
    "answers",
    "encode",
    "error_reply",
    "read",
    "read_address",
    "read_follow_up",
    "read_load_record",
    "read_reply",
    "read_request",
]
