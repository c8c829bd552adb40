"""Terminals that dial in, over real sockets."""
