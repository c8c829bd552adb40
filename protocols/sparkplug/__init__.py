"""Sparkplug B: protobuf payloads, topics, numbers, and what a host must remember of an edge node. Sans-IO."""

from protocols.sparkplug.payload import DataType, Metric, Payload, Value, ValueField, encode, parse
from protocols.sparkplug.session import Heard, SparkplugSession, rebirth_command
from protocols.sparkplug.topics import EdgeNode, MessageType, SparkplugTopic, parse_address, parse_topic
from protocols.sparkplug.values import Number, encode_number, number_of

__all__ = [
    "DataType",
    "EdgeNode",
    "Heard",
    "MessageType",
    "Metric",
    "Number",
    "Payload",
    "SparkplugSession",
    "SparkplugTopic",
    "Value",
    "ValueField",
    "encode",
    "encode_number",
    "number_of",
    "parse",
    "parse_address",
    "parse_topic",
    "rebirth_command",
]
