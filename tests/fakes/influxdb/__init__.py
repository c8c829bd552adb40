"""CONTRACT DOUBLE, NOT INFLUXDB: the part of the InfluxDB 2 HTTP API that our adapter uses, from its public documents.

It proves what we send and how we react, never how InfluxDB behaves. Strict: what it does not know, it refuses.
"""

from tests.fakes.influxdb.server import ORG, TOKEN, DoubleInfluxDb, Fault, double_influxdb

__all__ = ["ORG", "TOKEN", "DoubleInfluxDb", "Fault", "double_influxdb"]
