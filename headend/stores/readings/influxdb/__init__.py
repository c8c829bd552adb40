"""Readings in a bucket of an InfluxDB 2 server, through the extra `influxdb`. Imported only where a site chose it."""

from headend.stores.readings.influxdb.server import InfluxDbServer, InfluxDbSettings
from headend.stores.readings.influxdb.store import InfluxDbReadingStore

__all__ = ["InfluxDbReadingStore", "InfluxDbServer", "InfluxDbSettings"]
