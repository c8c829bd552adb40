"""Data and invariants of metering. Standard library and numpy only; no I/O, no clock."""
