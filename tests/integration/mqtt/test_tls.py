"""A broker that knows everybody by certificate: the right ones come in, others are told why; topics are their own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest

from collectors.transports.broker import connect
from collectors.transports.broker_access import BrokerAccess
from collectors.transports.broker_losses import HUNG_UP
from headend.domain.collection import Priority
from headend.domain.errors import LineDown
from tests.integration.mqtt.certificates import Authority, Pair, authority
from tests.integration.mqtt.conftest import MOSQUITTO, Broker
from tests.integration.mqtt.field import Sink, States, meter, open_line, state, until

pytestmark = pytest.mark.asyncio
A, B = "000000000001", "000000000002"
ACL = """
user headend
topic read meters/+/state
topic write meters/+/get

pattern write meters/%u/state
pattern read meters/%u/get
"""


@dataclass
class Site:
    """A TLS broker, who signs for it, and somebody who does not."""

    broker: Broker
    ours: Authority
    foreign: Authority

    def url(self, pair: Pair | None, ca: Authority | None = None) -> str:
        own = f"&cert={pair.cert}&key={pair.key}" if pair else ""
        return f"mqtts://127.0.0.1:{self.broker.port}?ca={(ca or self.ours).own.cert}{own}"

    def access(self, pair: Pair | None, ca: Authority | None = None) -> BrokerAccess:
        cert, key = (str(pair.cert), str(pair.key)) if pair else ("", "")
        return BrokerAccess("127.0.0.1", self.broker.port, True, str((ca or self.ours).own.cert), cert, key)

    async def publish(self, pair: Pair, *messages: tuple[str, str]) -> None:
        """As the device with this certificate."""
        context = ssl.create_default_context(cafile=str(self.ours.own.cert))
        context.load_cert_chain(pair.cert, pair.key)
        async with aiomqtt.Client("127.0.0.1", self.broker.port, tls_context=context) as client:
            for topic, payload in messages:
                await client.publish(topic, payload, qos=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("tls")
    ours, foreign = authority(folder / "ours", "Ours"), authority(folder / "foreign", "Foreign")
    server = ours.sign("server")
    (folder / "acl").write_text(ACL)
    settings = [
        f"cafile {ours.own.cert}",
        f"certfile {server.cert}",
        f"keyfile {server.key}",
        f"acl_file {folder / 'acl'}",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
    ]
    broker = Broker(folder, "\n".join(settings))
    broker.start()
    yield Site(broker, ours, foreign)
    broker.kill()


async def refused(access: BrokerAccess) -> str:
    with pytest.raises(LineDown) as down:
        async with connect(access, ""):
            raise AssertionError("was let in")
    return str(down.value)


def strangers(site: Site) -> dict[Pair | None, str]:
    """Who must not come in, and what the broker says to them."""
    late = site.ours.sign("late", subject="headend", end="20210101000000Z")
    return {
        None: "broker: the broker wants a client certificate",
        late: "broker: the broker says that our certificate has expired",
        site.foreign.sign("headend"): "broker: the broker does not know who signed our certificate",
    }


async def test_a_meter_is_heard_over_tls_with_certificates_on_both_sides(site: Site) -> None:
    sink, states = Sink(), States()
    url = site.url(site.ours.sign("headend"))
    async with open_line(site.broker, meter(site.broker, A), sink=sink, states=states, url=url):
        device = site.ours.sign(A)
        while not sink.kept:
            await site.publish(device, (f"meters/{A}/state", state("1234.56")))
    assert sink.values()[0] == "1234.56"
    assert states.told == []


async def test_who_has_no_good_certificate_is_told_why(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """In TLS 1.2 the broker's alert comes within the handshake, and nothing can overtake it."""
    make = ssl.create_default_context

    def up_to_tls_1_2(*, cafile: str | None) -> ssl.SSLContext:
        context = make(cafile=cafile)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    monkeypatch.setattr(ssl, "create_default_context", up_to_tls_1_2)
    reasons = strangers(site) | {None: "broker: the broker refuses the handshake; it may want a client certificate"}
    assert {pair: await refused(site.access(pair)) for pair in reasons} == reasons


async def test_with_tls_1_3_the_broker_says_why_or_hangs_up(site: Site) -> None:
    """A reset may overtake the alert there: what is told then is that it hung up, and never anything else."""
    for pair, reason in strangers(site).items():
        assert await refused(site.access(pair)) in (reason, f"broker: {HUNG_UP}")


async def test_a_broker_that_somebody_else_signed_for_is_not_trusted(site: Site) -> None:
    good = site.ours.sign("headend")
    assert "certificate is not trusted" in await refused(site.access(good, site.foreign))
    async with connect(site.access(good), ""):
        """The same certificate, and the authority that did sign."""


async def test_a_broker_under_another_name_is_not_trusted(site: Site, tmp_path: Path) -> None:
    access = site.access(site.ours.sign("headend"))
    elsewhere = BrokerAccess("localhost", access.port, True, access.ca, access.cert, access.key)
    assert "certificate is not trusted" in await refused(elsewhere)


async def test_a_line_that_is_not_let_in_says_so_and_asks_again(site: Site, tmp_path: Path) -> None:
    pair = Pair(tmp_path / "mine.pem", tmp_path / "mine.key")
    states = States()
    async with open_line(site.broker, states=states, url=site.url(pair)) as line:
        with pytest.raises(LineDown, match=r"mine\.pem cert: No such file"):
            await line.read(meter(site.broker, A), ["voltage_l1"], Priority.ON_DEMAND, 5)
        good = site.ours.sign("headend")
        pair.key.write_bytes(good.key.read_bytes())
        pair.cert.write_bytes(good.cert.read_bytes())
        await until(lambda: states.told[-1] is None)
    assert len(states.told) == 2


async def test_nobody_publishes_on_the_topic_of_another(site: Site) -> None:
    sink = Sink()
    url = site.url(site.ours.sign("headend"))
    async with open_line(site.broker, meter(site.broker, A), sink=sink, states=States(), url=url):
        own, other = site.ours.sign(A), site.ours.sign(B)
        while not sink.kept:
            await site.publish(own, (f"meters/{A}/state", state("1.00")))
        await site.publish(other, (f"meters/{A}/state", state("6.66", 1)), (f"meters/{A}/get", ""))
        await site.publish(own, (f"meters/{A}/state", state("2.00", 2)))
        await until(lambda: "2.00" in sink.values())
        await asyncio.sleep(0.1)
    assert set(sink.values()) == {"1.00", "2.00"}


async def test_without_the_rule_the_payload_still_says_whose_it_is(broker: Broker) -> None:
    """The negative control of the one above, and what is left when a broker has no rules."""
    sink = Sink()
    async with open_line(broker, meter(broker, A), sink=sink, states=States()) as line:
        async with aiomqtt.Client("127.0.0.1", broker.port) as anybody:
            while not sink.kept:
                await anybody.publish(f"meters/{A}/state", state("6.66"), qos=1)
            foreign = state("7.77", 1).replace("{", f'{{"meter":"{B}",', 1)
            await anybody.publish(f"meters/{A}/state", foreign, qos=1)
            await anybody.publish(f"meters/{A}/state", foreign.replace(B, A), qos=1)
        await until(lambda: "7.77" in sink.values())
        assert line.counters.unreadable == 1
    assert sink.values().count("7.77") == 1


def with_password(folder: Path) -> Broker:
    tool = MOSQUITTO.replace("sbin/mosquitto", "bin/mosquitto_passwd")
    subprocess.run([tool, "-c", "-b", str(folder / "passwords"), "headend", "s3cret word"], check=True)
    broker = Broker(folder, f"allow_anonymous false\npassword_file {folder / 'passwords'}")
    broker.start()
    return broker


async def test_a_name_with_a_password_from_a_file(tmp_path: Path) -> None:
    broker, secret = with_password(tmp_path), tmp_path / "secret"
    secret.write_text("s3cret word\n")
    try:
        async with connect(BrokerAccess("127.0.0.1", broker.port, username="headend", password_file=str(secret)), ""):
            """Let in."""
        secret.write_text("guessed")
        told = await refused(BrokerAccess("127.0.0.1", broker.port, username="headend", password_file=str(secret)))
        assert "uthori" in told
        assert "guessed" not in told
    finally:
        broker.kill()
