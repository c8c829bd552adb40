"""Runs the benches: one JSON line a comparison, ours and the peer measured in turn in the same run.

Run: python -m tests.benches [--only NAME] [--data DIR] [--share 0.1]
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benches.measured import Line, Size

# Imported when their turn comes: a bench must not carry the modules of another.
BENCHES: Mapping[str, tuple[str, str]] = {
    "codec_decode": ("codec", "decoding"),
    "codec_decode_block": ("codec", "decoding_blocks"),
    "codec_encode_block": ("codec", "encoding_blocks"),
    "codec_build": ("codec", "building"),
    "round_trips": ("round_trips", "round_trips"),
    "modbus_round_trips": ("modbus_round_trips", "modbus_round_trips"),
    "store_ingest": ("store_ingest", "store_ingest"),
    "fleet": ("fleet", "fleet"),
    "line": ("line", "line"),
    "dead_neighbours": ("dead_neighbours", "dead_neighbours"),
    "collection_pass": ("collection_pass", "collection_pass"),
    "gap_ledger": ("gap_ledger", "gap_ledger"),
    "peer": ("peer", "peer"),
}


def bench(name: str) -> Callable[[Size], Sequence[Line]]:
    """The function of a bench."""
    module, function = BENCHES[name]
    found: Callable[[Size], Sequence[Line]] = getattr(importlib.import_module(f"tests.benches.{module}"), function)
    return found


def chosen_by(name: str) -> list[str]:
    """The bench of this name, or all whose names hold it; `roundtrip` and `round-trip` are as good as `round_trip`."""
    if name in BENCHES:
        return [name]
    found = [known for known in BENCHES if _letters(name) in _letters(known)]
    if not found:
        raise argparse.ArgumentTypeError(f"no bench {name!r}; there are {', '.join(BENCHES)}")
    return found


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0, for a ratio is no verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.benches", description=__doc__)
    parser.add_argument("--only", type=chosen_by, action="extend", help="benches of this name; may be repeated")
    parser.add_argument("--data", type=Path, help="where stores are written; the disk decides much")
    parser.add_argument("--share", type=float, default=1.0, help="part of the full amount")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=645)
    chosen = parser.parse_args(arguments)
    data = chosen.data or Path(tempfile.gettempdir())
    data.mkdir(parents=True, exist_ok=True)
    size = Size(data, chosen.seed, chosen.share, chosen.repeats)
    for name in chosen.only or BENCHES:
        for line in bench(name)(size):
            print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
