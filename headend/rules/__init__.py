"""Rules: one rule one file, pure, independent of each other."""
