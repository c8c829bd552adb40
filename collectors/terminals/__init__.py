"""Terminals that dial in by Q/GDW 376.1: their sessions, and the ways through them to meters and stored data."""
