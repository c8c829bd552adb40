"""Day facts where the reading store keeps no order of arrival: it says so instead of guessing."""

from __future__ import annotations

from headend.domain.errors import StoreUnavailable
from headend.domain.meter_days import DayFacts
from headend.ports import DayQuestion


class NoDayFacts:
    """Port DayFactsSource."""

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        """StoreUnavailable: only DuckDB can count what arrived on a day."""
        raise StoreUnavailable(f"the figures of {question.day.on} need readings in duckdb, not in influxdb")
