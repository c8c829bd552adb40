"""What MQTT meters publish: topics with the meter's address in them, JSON payloads, exact numbers, times."""

from protocols.mqtt.payload import Payload, Told, parse
from protocols.mqtt.times import TimeFormat, read_time
from protocols.mqtt.topics import TopicPattern

__all__ = ["Payload", "TimeFormat", "Told", "TopicPattern", "parse", "read_time"]
