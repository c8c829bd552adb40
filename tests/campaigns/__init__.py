"""Long, seeded checks. Each prints one JSON line; the everyday suite runs a short form of each."""
