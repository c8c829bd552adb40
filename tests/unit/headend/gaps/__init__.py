"""The gap ledger and what is built on it."""
