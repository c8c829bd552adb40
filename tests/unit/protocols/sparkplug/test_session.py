"""What a host remembers of an edge node: no metric is ever taken for another, whatever is lost, doubled or late."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import RemoteProtocolError
from protocols.sparkplug import (
    DataType,
    EdgeNode,
    Heard,
    MessageType,
    Metric,
    Payload,
    SparkplugSession,
    SparkplugTopic,
    encode,
    encode_number,
    number_of,
    parse,
    rebirth_command,
)

EDGE = EdgeNode("plant", "gate")
FILE = Path(__file__).parents[3] / "vectors" / "mqtt" / "sparkplug.json"
AT = 1_795_507_200_000
Message = tuple[SparkplugTopic, bytes]


def metric(value: int, name: str = "", alias: int | None = None, datatype: int = 0, at: int = AT) -> Metric:
    return Metric(name, alias, at, datatype, value=encode_number(Decimal(value), DataType.INT64))


def message(kind: str, seq: int | None, *metrics: Metric, device: str = "", at: int = AT) -> Message:
    return SparkplugTopic(EDGE, MessageType(kind), device), encode(Payload(at, metrics, seq))


def born(seq: int = 0, at: int = AT) -> Message:
    return message("NBIRTH", seq, metric(5, "energy", 1, 4), metric(2, "bdSeq", None, 4), at=at)


def hear(session: SparkplugSession, *messages: Message) -> list[Heard]:
    return [session.receive(*told) for told in messages]


def values(heard: Heard) -> dict[str, Decimal | None]:
    return {m.name: number_of(m, Decimal(1)).value for m in heard.metrics if m.name != "bdSeq"}


def test_an_alias_means_what_the_birth_says() -> None:
    session = SparkplugSession()
    birth, data = hear(session, born(), message("NDATA", 1, metric(6, alias=1)))
    assert (values(birth), values(data)) == ({"energy": 5}, {"energy": 6})
    assert (birth.online, session.why_rebirth) == ({"": True}, "")


def test_aliases_of_other_software_are_read() -> None:
    told = json.loads(FILE.read_text(encoding="utf-8"))["alias"]
    session = SparkplugSession()
    session.receive(SparkplugTopic(EDGE, MessageType.NBIRTH), bytes.fromhex(told["birth"]))
    heard = session.receive(SparkplugTopic(EDGE, MessageType.NDATA), bytes.fromhex(told["data"]))
    assert values(heard) == {"energy": 6}


def test_before_a_birth_an_alias_is_nothing_and_a_birth_is_wanted() -> None:
    session = SparkplugSession()
    (heard,) = hear(session, message("NDATA", 7, metric(6, alias=1), metric(9, "power", None, 4)))
    assert (values(heard), heard.unknown, bool(session.why_rebirth)) == ({"power": 9}, 1, True)


def test_an_unknown_alias_asks_for_a_birth() -> None:
    session = SparkplugSession()
    *_, heard = hear(session, born(), message("NDATA", 1, metric(6, alias=99)))
    assert (heard.metrics, heard.unknown) == ((), 1)
    assert "alias" in session.why_rebirth


def test_after_a_gap_aliases_are_not_believed_until_the_next_birth() -> None:
    session = SparkplugSession()
    _, gap, after = hear(
        session, born(), message("NDATA", 3, metric(6, alias=1)), message("NDATA", 4, metric(7, "energy", at=AT + 1))
    )
    assert (gap.lost, values(gap), values(after)) == (2, {}, {"energy": 7})
    assert "2 messages were lost" in session.why_rebirth
    *_, healed = hear(session, born(0, AT + 2), message("NDATA", 1, metric(8, alias=1), at=AT + 2))
    assert (values(healed), session.why_rebirth) == ({"energy": 8}, "")


def test_the_sequence_wraps_after_255_without_a_gap() -> None:
    session = SparkplugSession()
    told = [message("NDATA", n % 256, metric(n, alias=1), at=AT + n) for n in range(1, 600)]
    assert sum(heard.lost for heard in hear(session, born(), *told)) == 0
    assert session.why_rebirth == ""


def test_a_message_that_comes_again_says_nothing() -> None:
    session = SparkplugSession()
    data = message("NDATA", 1, metric(6, alias=1))
    _, first, again = hear(session, born(), data, data)
    assert (values(first), again, session.why_rebirth) == ({"energy": 6}, Heard(), "")


def test_devices_have_aliases_of_their_own_and_share_the_sequence() -> None:
    session = SparkplugSession()
    device = message("DBIRTH", 1, metric(50, "power", 1, 4), device="m1")
    *_, node, told = hear(
        session,
        born(),
        device,
        message("NDATA", 2, metric(6, alias=1)),
        message("DDATA", 3, metric(51, alias=1), device="m1"),
    )
    assert (values(node), values(told), told.device) == ({"energy": 6}, {"power": 51}, "m1")


def test_death_of_the_node_is_that_of_its_devices() -> None:
    session = SparkplugSession()
    *_, dead = hear(
        session,
        born(),
        message("DBIRTH", 1, metric(50, "power", 1, 4), device="m1"),
        message("NDEATH", None, metric(2, "bdSeq", None, 4)),
    )
    assert (dead.online, session.why_rebirth) == ({"": False, "m1": False}, "")
    hear(session, message("NDATA", 5, metric(6, alias=1), at=AT + 5))
    assert session.why_rebirth


def test_the_will_of_an_earlier_connection_kills_nobody() -> None:
    *_, late = hear(SparkplugSession(), born(), message("NDEATH", None, metric(1, "bdSeq", None, 4)))
    assert late.online == {}


def test_death_of_a_device_is_its_own() -> None:
    session = SparkplugSession()
    birth = message("DBIRTH", 1, metric(50, "power", 1, 4), device="m1")
    *_, dead, data = hear(
        session, born(), birth, message("DDEATH", 2, device="m1"), message("NDATA", 3, metric(6, alias=1))
    )
    assert (dead.online, values(data)) == ({"m1": False}, {"energy": 6})


def test_what_was_sent_before_the_birth_says_nothing_after_it() -> None:
    session = SparkplugSession()
    hear(session, born(at=AT + 100))
    (late,) = hear(session, message("NDATA", 1, metric(6, alias=1), at=AT + 99))
    assert late == Heard()


def test_a_node_whose_clock_was_set_back_is_understood_after_the_second_birth() -> None:
    session = SparkplugSession()
    hear(session, born(at=AT + 10_000), message("NDATA", 1, metric(6, alias=1), at=AT))
    assert "earlier time" in session.why_rebirth
    *_, heard = hear(session, born(at=AT + 1), born(at=AT + 2), message("NDATA", 1, metric(7, alias=1), at=AT + 3))
    assert (values(heard), session.why_rebirth) == ({"energy": 7}, "")


def test_an_alias_for_two_metrics_is_no_birth() -> None:
    with pytest.raises(RemoteProtocolError, match="two metrics"):
        hear(SparkplugSession(), message("NBIRTH", 0, metric(1, "a", 1, 4), metric(2, "b", 1, 4)))


def test_history_is_told_as_history() -> None:
    old = Metric("energy", 1, AT - 1000, 4, True, value=encode_number(Decimal(4), DataType.INT64))
    *_, heard = hear(SparkplugSession(), born(), message("NDATA", 1, old))
    assert [m.is_historical for m in heard.metrics] == [True]


def test_the_command_for_a_rebirth_is_the_documented_one() -> None:
    (command,) = parse(rebirth_command(AT)).metrics
    assert (command.name, command.datatype) == ("Node Control/Rebirth", DataType.BOOLEAN)
    assert command.value is not None and command.value.raw == 1


def stream() -> list[Message]:
    """Two lives of a node whose aliases change their meaning in between; each value tells which metric it is."""
    first = message("NBIRTH", 0, metric(100, "a", 1, 4), metric(200, "b", 2, 4))
    second = message("NBIRTH", 0, metric(250, "b", 1, 4, AT + 50), metric(150, "a", 2, 4, AT + 50), at=AT + 50)
    before = [message("NDATA", n, metric(100 + n, alias=1), metric(200 + n, alias=2), at=AT + n) for n in range(1, 9)]
    after = [
        message("NDATA", n, metric(250 + n, alias=1), metric(150 + n, alias=2), at=AT + 50 + n) for n in range(1, 9)
    ]
    return [first, *before, second, *after]


# Anything of the first life, the second birth, then anything of both: lost, doubled, late, in any order.
ORDERS = st.builds(lambda a, b: [*a, 9, *b], st.lists(st.integers(0, 8)), st.lists(st.integers(0, 17)))


@given(ORDERS)
def test_no_loss_no_doubling_and_no_shuffle_makes_one_metric_another(order: list[int]) -> None:
    session, told = SparkplugSession(), stream()
    for heard in hear(session, *(told[n] for n in order)):
        for name, value in values(heard).items():
            assert value is not None and value // 100 == {"a": 1, "b": 2}[name]


def test_the_undisturbed_stream_is_told_whole() -> None:
    assert sum(len(heard.metrics) for heard in hear(SparkplugSession(), *stream())) == 36
