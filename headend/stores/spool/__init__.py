"""A durable, bounded, append-only spool for readings that their store cannot take now."""

from headend.stores.spool.spool import Spool, SpoolFull, SpoolSettings

__all__ = ["Spool", "SpoolFull", "SpoolSettings"]
