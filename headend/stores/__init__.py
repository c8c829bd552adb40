"""Adapters that keep state and readings."""
