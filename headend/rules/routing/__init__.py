"""The order of a reading route: of a bus exactly, of a walk by a heuristic whose gap to a bound is told."""
