"""One driver a protocol: what to ask a meter and what its answers mean."""
