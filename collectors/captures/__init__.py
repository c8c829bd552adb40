"""What was said on a line, byte for byte: written down, read back, understood, and said again."""
