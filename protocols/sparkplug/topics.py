"""Sparkplug B topics: `spBv1.0/GROUP/TYPE/EDGE[/DEVICE]`. Subscribes to nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocols.errors import LocalProtocolError

NAMESPACE: Final = "spBv1.0"
_FORBIDDEN: Final = frozenset("+#/\0")


class MessageType(StrEnum):
    """Kinds of messages between edge nodes and hosts."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"


OF_NODE: Final = (MessageType.NBIRTH, MessageType.NDEATH, MessageType.NDATA)
OF_DEVICE: Final = (MessageType.DBIRTH, MessageType.DDEATH, MessageType.DDATA)


@dataclass(frozen=True, slots=True)
class EdgeNode:
    """An edge node, by its group and its name in it."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"

    def topic(self, kind: MessageType, device: str = "") -> str:
        """The topic of a message of the node, or of one of its devices."""
        return "/".join([NAMESPACE, self.group, kind, self.name, *([device] if device else [])])

    @property
    def filters(self) -> tuple[str, ...]:
        """All that the node and its devices say. The sequence number counts over all of them, so all must be heard."""
        return (*(self.topic(kind) for kind in OF_NODE), *(self.topic(kind, "+") for kind in OF_DEVICE))


@dataclass(frozen=True, slots=True)
class SparkplugTopic:
    """A topic taken apart; `device` is empty where the node speaks for itself."""

    edge: EdgeNode
    kind: MessageType
    device: str = ""


def parse_topic(topic: str) -> SparkplugTopic | None:
    """The parts of a topic, or None where it is no Sparkplug B message of a node or device."""
    parts = topic.split("/")
    if not 4 <= len(parts) <= 5 or parts[0] != NAMESPACE or not all(parts) or parts[2] not in set(MessageType):
        return None
    kind, device = MessageType(parts[2]), parts[4] if len(parts) == 5 else ""
    if (kind[0] == "D") != bool(device):
        return None
    return SparkplugTopic(EdgeNode(parts[1], parts[3]), kind, device)


def parse_address(address: str) -> tuple[EdgeNode, str]:
    """Edge node and device ("" = the node itself) of `group/edge` or `group/edge/device`."""
    parts = address.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts) or any(_FORBIDDEN & set(part) for part in parts):
        raise LocalProtocolError(f"{address!r} is no Sparkplug address; write group/edge or group/edge/device")
    return EdgeNode(parts[0], parts[1]), parts[2] if len(parts) == 3 else ""
