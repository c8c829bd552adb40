"""Alembic scripts of the state store, found inside the package wherever it is installed."""
