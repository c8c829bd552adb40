"""Collector processes of a head-end: what they are started with, and the field whose serial and TCP lines they own.

Brokers and terminals that dial in stay with the head-end: they are listened to, and one process does that well.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from collectors.shards.child import start_child
from collectors.shards.shard import Shard, ShardNews, ShardTerms
from collectors.shards.shards import Shards
from headend.bootstrap.field import Field
from headend.bootstrap.line_journal import LineJournal
from headend.settings import Settings

SPLIT = ("tcp", "serial")
PROGRAM = (sys.executable, "-P", "-m", "headend.commands.collector")


def with_shards(field: Field, settings: Settings, journal: LineJournal) -> Field:
    """The same field with its lines in as many processes as the site asks for; with one, all stays as it is."""
    if settings.collectors.processes == 1:
        return field
    command = (*PROGRAM, "--time-zone", settings.site.time_zone)
    terms = ShardTerms(silent_after_s=settings.collectors.silent_after_s)
    news = ShardNews(journal.line_restarted, journal.collector_replaced)
    children = [
        Shard(number, partial(start_child, command), clock=journal.clock, terms=terms, news=news)
        for number in range(settings.collectors.processes)
    ]
    shards = Shards(children, field.stream_drivers)
    return replace(field, makers={**field.makers, **dict.fromkeys(SPLIT, shards.line)}, shards=shards)
