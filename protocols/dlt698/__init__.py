"""DL/T 698.45 (Q/GDW 11778): frames, data, messages, the objects that hold readings, and plain reads."""

from protocols.dlt698.apdu import Apdu, Item
from protocols.dlt698.assembly import Assembler
from protocols.dlt698.connection import Connection, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.dlt698.data import Data
from protocols.dlt698.frame import AddressKind, Fragment, Frame, Piece, ServerAddress, encode
from protocols.dlt698.replies import Complete, Refused, ReplyAssembler
from protocols.dlt698.requests import answers, confirm_fragment, get, get_address, get_next, link_reply

__all__ = [
    "AddressKind",
    "Apdu",
    "Assembler",
    "Complete",
    "Connection",
    "Data",
    "Event",
    "Fragment",
    "Frame",
    "FrameReceived",
    "Item",
    "NoiseReason",
    "NoiseReceived",
    "Piece",
    "Refused",
    "ReplyAssembler",
    "ServerAddress",
    "answers",
    "confirm_fragment",
    "encode",
    "get",
    "get_address",
    "get_next",
    "link_reply",
]
