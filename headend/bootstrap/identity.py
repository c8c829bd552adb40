"""Who answers, put together: the book of identities, the check that collectors ask, and the exchange of meters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.identity import IdentityWatch
from headend.bootstrap.field import Field
from headend.bootstrap.stores import Stores
from headend.ports import Clock, ReadingSink
from headend.services.check_identity import CheckIdentity
from headend.services.exchange_meter import REGISTER, ExchangeMeter


@dataclass(frozen=True, slots=True)
class Identity:
    """`exchange` is for people, `watch` for collectors."""

    exchange: ExchangeMeter
    watch: IdentityWatch


def build_identity(
    stores: Stores, field: Field, sink: ReadingSink, *, clock: Clock, changed: Callable[[], None]
) -> Identity:
    """Over the stores of a site; `changed` is called when another installation is open at a place."""
    registry, events = stores.registry, stores.events
    exchange = ExchangeMeter(
        registry,
        stores.exchanges,
        stores.readings,
        sink,
        field.types.by_name(REGISTER),
        clock=clock,
        events=events,
        changed=changed,
    )
    check = CheckIdentity(registry, stores.identities, exchange, clock=clock, events=events)
    return Identity(exchange, IdentityWatch(field.identity_item, check, clock=clock))
