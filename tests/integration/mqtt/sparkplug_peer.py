"""A Sparkplug B edge node of software that is not ours (pysparkplug), run by the interpreter of the peers.

    .venv-peers/bin/python tests/integration/mqtt/sparkplug_peer.py PORT

Says `born` after each birth. Reads lines: `data METRIC VALUE` by name, `alias METRIC VALUE` by alias and without a
type, `old METRIC VALUE MS_AGO` as history; `skip` leaves a sequence number out. All but `uptime` are of device m1.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable

from pysparkplug import (
    Client,
    DataType,
    DBirth,
    DData,
    Message,
    MessageType,
    Metric,
    NBirth,
    NData,
    NDeath,
    QoS,
    Topic,
    get_current_timestamp,
)

GROUP, EDGE, DEVICE = "plant", "gate", "m1"
METRICS = {
    "uptime": (1, DataType.UINT32, 1),
    "energy": (2, DataType.INT64, 9_876_543_210),
    "export": (3, DataType.DOUBLE, 1234.567),
    "voltage": (4, DataType.FLOAT, 230.2),
}


def now(ms_ago: int = 0) -> int:
    return int(get_current_timestamp()) - ms_ago


def metric(name: str, value: object, *, by_alias: bool = False, ms_ago: int = 0, at: int | None = None) -> Metric:
    alias, datatype, _ = METRICS[name]
    stamp = at if at is not None else now(ms_ago)
    told = None if by_alias else name
    return Metric(stamp, told, datatype, value=value, alias=alias, is_historical=ms_ago > 0)


class EdgeNode:
    """One node with one device; births when it is commanded to."""

    def __init__(self, port: int) -> None:
        self.seq, self.lock = 0, threading.Lock()
        self.client = Client(client_id="peer")
        bd_seq = Metric(now(), "bdSeq", DataType.INT64, value=0)
        self.bd_seq = bd_seq
        self.client.set_will(self.message(MessageType.NDEATH, NDeath(now(), bd_seq)))
        self.client.connect("127.0.0.1", port=port, callback=lambda client: self.connected())

    def message(self, kind: MessageType, payload: object, device: str | None = None) -> Message:
        topic = Topic(message_type=kind, group_id=GROUP, edge_node_id=EDGE, device_id=device)
        return Message(topic=topic, payload=payload, qos=QoS.AT_MOST_ONCE, retain=False)

    def connected(self) -> None:
        topic = Topic(message_type=MessageType.NCMD, group_id=GROUP, edge_node_id=EDGE)
        self.client.subscribe(topic, QoS.AT_LEAST_ONCE, lambda _, message: self.commanded(message))
        self.birth()

    def commanded(self, message: Message) -> None:
        if any(m.name == "Node Control/Rebirth" and m.value is True for m in message.payload.metrics):
            print("commanded", flush=True)
            self.birth()

    def birth(self) -> None:
        with self.lock:
            self.seq = 0
            node = (metric("uptime", METRICS["uptime"][2]), self.bd_seq)
            self.publish(MessageType.NBIRTH, NBirth(now(), self.seq, node), dtypes=True)
            device = tuple(metric(name, told[2]) for name, told in METRICS.items() if name != "uptime")
            self.publish(MessageType.DBIRTH, DBirth(now(), self.next(), device), DEVICE, dtypes=True)
        print("born", flush=True)

    def data(self, name: str, metrics: Iterable[Metric], *, dtypes: bool) -> None:
        with self.lock:
            if name == "uptime":
                self.publish(MessageType.NDATA, NData(now(), self.next(), tuple(metrics)), dtypes=dtypes)
            else:
                self.publish(MessageType.DDATA, DData(now(), self.next(), tuple(metrics)), DEVICE, dtypes=dtypes)

    def publish(self, kind: MessageType, payload: object, device: str | None = None, *, dtypes: bool) -> None:
        self.client.publish(self.message(kind, payload, device), include_dtypes=dtypes)

    def next(self) -> int:
        self.seq = (self.seq + 1) % 256
        return self.seq


def main() -> None:
    node = EdgeNode(int(sys.argv[1]))
    for line in sys.stdin:
        verb, *rest = line.split()
        if verb == "skip":
            node.next()
            continue
        name, text = rest[:2]
        value = float(text) if "." in text else int(text)
        ms_ago = int(rest[2]) if verb == "old" else 0
        node.data(name, [metric(name, value, by_alias=verb == "alias", ms_ago=ms_ago)], dtypes=verb != "alias")
    time.sleep(60)


main()
