"""Readings in one DuckDB file. Owns the file; refuses to be opened by two processes at a time."""

from headend.stores.readings.database import DuckDbSettings
from headend.stores.readings.store import DuckDbReadingStore

__all__ = ["DuckDbReadingStore", "DuckDbSettings"]
