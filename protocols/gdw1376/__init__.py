"""Q/GDW 376.1 (2009 to 2013, and Q/GDW 130 by its frames): master and terminal. Bytes to meaning, no I/O.

`control_frames` is left out on purpose: whoever wants to build a switching frame must name the module.
"""

from protocols.gdw1376.assembly import Assembler, Broken, Message
from protocols.gdw1376.auxiliary import Auxiliary, EventCounters, TimeTag, split
from protocols.gdw1376.connection import Connection, Event, FrameReceived, NoiseReason, NoiseReceived
from protocols.gdw1376.data_units import Content, Unit, read, walk
from protocols.gdw1376.frame import AddressForm, Edition, Frame, encode, parse
from protocols.gdw1376.replies import Dialect, answers, confirm_link, data_reply, link_function
from protocols.gdw1376.requests import (
    Port,
    Terminal,
    Turn,
    Units,
    forward,
    query_meter_file,
    query_parameters,
    read_current,
    read_events,
    read_history,
    set_parameters,
)

__all__ = [
    "AddressForm",
    "Assembler",
    "Auxiliary",
    "Broken",
    "Connection",
    "Content",
    "Dialect",
    "Edition",
    "Event",
    "EventCounters",
    "Frame",
    "FrameReceived",
    "Message",
    "NoiseReason",
    "NoiseReceived",
    "Port",
    "Terminal",
    "TimeTag",
    "Turn",
    "Unit",
    "Units",
    "answers",
    "confirm_link",
    "data_reply",
    "encode",
    "forward",
    "link_function",
    "parse",
    "query_meter_file",
    "query_parameters",
    "read",
    "read_current",
    "read_events",
    "read_history",
    "set_parameters",
    "split",
    "walk",
]
