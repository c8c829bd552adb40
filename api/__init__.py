"""The way in for people and systems: HTTP API, live feed and console. Knows services and queries, no store."""
