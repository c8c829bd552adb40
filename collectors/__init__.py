"""The field: lines, sessions, drivers, timing. Knows domain, ports and protocols only."""
