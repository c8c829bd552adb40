"""What can go wrong in a wire format, named by whose fault it is. Noise is an event, not an error."""


class ProtocolError(Exception):
    """Root of every exception that a protocol raises on purpose."""


class LocalProtocolError(ProtocolError):
    """We asked for something the protocol does not allow: our bug, nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the rules of the protocol."""
