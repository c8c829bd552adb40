"""Byte pipes to the field: TCP, serial."""
