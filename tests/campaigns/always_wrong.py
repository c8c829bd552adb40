"""The control of the command: a campaign that always finds something. It is in no table."""

from tests.campaigns.verdict import Stopwatch, Verdict


def run(seed: int, tried: int) -> Verdict:
    return Stopwatch().verdict("X", seed, tried, ["wrong"] * tried)
