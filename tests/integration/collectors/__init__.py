"""Collector processes for real."""
