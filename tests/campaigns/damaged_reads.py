"""P03: damaged replies to a read of a register. How many wrong values each layer lets through, and two reads together.

Layers: the frame's sum; whether it answers (own meter, function, identifier, length); valid digits; what the meter can
have counted in a quarter of an hour (the rules that ship); and a second read, in the register's other form and as
damaged as the first, that must tell the same. A violation is a wrong value that two reads agreed on and no rule marks,
or more wrong values of a single read behind the rules than the table below allows.

Run: python -m tests.campaigns.damaged_reads --per-operator 5000000 --seed 645
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TypedDict

import numpy as np

from headend import shipped
from headend.domain.quality import FAILED_MASK
from headend.rules.rule import ValidationContext
from protocols import dlt645
from protocols.dlt645.data_identifiers import decode, encode_values
from tests.campaigns.mutations import OPERATORS, Operator
from tests.campaigns.twice import Hear, read_twice
from tests.campaigns.typical_frames import some_address
from tests.fakes.batches import Row, batch, shipped_types

ENERGY, BLOCK = "00010000", "0001FF00"
IN_A_BLOCK = dlt645.read("000000000000", BLOCK).data
MOST_SINGLE = {"bits_2": 3e-4, "swap": 1.0}  # of a read; two bytes that change places no sum can see
MOST_OTHERS = 1e-5
POOL = 512
CAPACITY_VA = 10_000  # of a household
LAYERS = ("frame", "answer", "digits", "rules", "agreed", "agreed_and_rules")


class Verdict(TypedDict):
    """`passed`: wrong frames and values behind each layer, by operator."""

    id: str
    seed: int
    tried: int
    violations: int
    passed: dict[str, dict[str, int]]
    secs: float
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A read of one register, its valid reply on the wire, and the truth."""

    request: dlt645.Frame
    reply: dlt645.Frame
    raw: bytes
    block: bytes  # the reply to a read of the register with its tariffs
    truth: Decimal


def run(seed: int, tried: int, read: Callable[[Exchange, Hear], Decimal | None] = read_twice) -> Verdict:
    """`tried` replies damaged by each of the thirteen operators."""
    chance, began = Random(seed), time.perf_counter()
    pool = [_exchange(chance) for _ in range(POOL)]
    passed: dict[str, dict[str, int]] = {}
    examples: list[str] = []
    for name, operator in OPERATORS.items():
        counts = dict.fromkeys(LAYERS, 0)
        wrong, agreed = list[tuple[Decimal, Decimal]](), list[tuple[Decimal, Decimal]]()
        for number in range(tried):
            exchange = pool[number % POOL]
            raw = _damaged(exchange.raw, operator, chance)
            value = _hear(exchange, raw, counts)
            if value is None or value == exchange.truth:
                continue
            wrong.append((exchange.truth, value))
            believed = read(exchange, _from_here_on(raw, exchange, operator, chance))
            if believed is not None and believed != exchange.truth:
                agreed.append((exchange.truth, believed))
                examples += [f"{name}: {exchange.raw.hex()} told {believed} twice"]
        counts |= {"rules": _unmarked(wrong), "agreed": len(agreed), "agreed_and_rules": _unmarked(agreed)}
        passed[name] = counts
    violations = sum(_too_many(name, counts, tried) for name, counts in passed.items())
    secs = round(time.perf_counter() - began, 3)
    return Verdict(
        id="P03",
        seed=seed,
        tried=tried * len(OPERATORS),
        violations=violations,
        passed=passed,
        secs=secs,
        examples=examples[:5],
    )


def _too_many(name: str, counts: Mapping[str, int], tried: int) -> int:
    allowed = MOST_SINGLE.get(name, MOST_OTHERS) * tried
    return counts["agreed_and_rules"] + (counts["rules"] > max(allowed, 3.0))  # three of a few thousand tell no rate


def _exchange(chance: Random) -> Exchange:
    """A household's register: six digits at most, most of them low."""
    request = dlt645.read(some_address(chance), ENERGY)
    truth = Decimal(chance.randrange(10 ** chance.randrange(4, 8))).scaleb(-2)
    reply = dlt645.read_reply(request, encode_values(ENERGY, [truth]))[0]
    tariffs = [truth // 10, truth * 3 // 10, truth * 4 // 10]
    members = encode_values(BLOCK, [truth, *tariffs, truth - sum(tariffs)])
    block = dlt645.read_reply(dlt645.read(request.address, BLOCK), members)[0]
    return Exchange(request, reply, dlt645.encode(reply, preamble=0), dlt645.encode(block, preamble=0), truth)


def _damaged(true: bytes, operator: Operator, chance: Random) -> bytes:
    raw = bytearray(true)
    operator(raw, chance)
    return bytes(raw)


def _from_here_on(raw: bytes, exchange: Exchange, operator: Operator, chance: Random) -> Hear:
    """The reply that was believed, then fresh damage for ever."""
    first = [raw]

    def hear(request: dlt645.Frame) -> bytes:
        if first:
            return first.pop()
        return _damaged(exchange.block if request.data == IN_A_BLOCK else exchange.raw, operator, chance)

    return hear


def _hear(exchange: Exchange, raw: bytes, counts: dict[str, int]) -> Decimal | None:
    """The value that a single read believes, as a session decides it; counts how far what is wrong gets."""
    connection = dlt645.Connection()
    for event in connection.receive(raw) + connection.line_idle():
        if not isinstance(event, dlt645.FrameReceived) or event.frame == exchange.reply:
            continue
        counts["frame"] += 1
        if not dlt645.answers(exchange.request, event.frame) or event.frame.is_error:
            continue
        counts["answer"] += 1
        value = decode(ENERGY, event.frame.data[4:])[0]
        if value.problem is None:
            counts["digits"] += value.number != exchange.truth
            return value.number
        return None
    return None


def _unmarked(wrong: Sequence[tuple[Decimal, Decimal]]) -> int:
    """How many of the wrong values the shipped rules take for a register a quarter of an hour later."""
    if not wrong:
        return 0
    types, rules = shipped_types(), shipped.rule_book(shipped.config_root())
    kind = types.by_name("active_energy_import")
    told = batch(*(Row(1, kind.scale(value), type_id=kind.id) for _, value in wrong))
    size = len(wrong)
    context = ValidationContext(
        types=types,
        previous_at=told.measured_at - 900_000_000,
        previous_value=np.array([kind.scale(truth) for truth, _ in wrong], np.int64),
        capacity_va=np.full(size, CAPACITY_VA, np.int64),
        customer_class=np.zeros(size, np.int64),
    )
    return int(np.count_nonzero(rules.validate(told, context).quality & FAILED_MASK == 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-operator", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=645)
    arguments = parser.parse_args()
    verdict = run(arguments.seed, arguments.per_operator)
    print(json.dumps(verdict))
    return 1 if verdict["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
