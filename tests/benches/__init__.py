"""Measured ratios to peers and to limits, one JSON line each; `docs/benches.md` says how to read them."""
