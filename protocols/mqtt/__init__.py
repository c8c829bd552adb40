"""What MQTT meters publish: topics with the meter's address in them, JSON payloads, exact numbers, times."""

from protocols.mqtt.payload import Payload, Told, parse, parse_text
from protocols.mqtt.sequence import Follows, SequenceWatch, Step
from protocols.mqtt.times import TimeFormat, read_time
from protocols.mqtt.topics import TopicPattern

__all__ = [
    "Follows",
    "Payload",
    "SequenceWatch",
    "Step",
    "TimeFormat",
    "Told",
    "TopicPattern",
    "parse",
    "parse_text",
    "read_time",
]
