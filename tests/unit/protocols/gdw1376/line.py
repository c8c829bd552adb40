"""What a receiver hears, for tests: whole, in pieces, and after silence."""

from collections.abc import Iterable

from protocols.gdw1376 import Connection, Event, Frame, FrameReceived


def events_of(pieces: Iterable[bytes]) -> list[Event]:
    """Everything heard from these pieces and the silence after them."""
    connection = Connection()
    events = [event for piece in pieces for event in connection.receive(piece)]
    return events + connection.line_idle()


def frames_of(raw: bytes) -> list[Frame]:
    return [event.frame for event in events_of([raw]) if isinstance(event, FrameReceived)]
