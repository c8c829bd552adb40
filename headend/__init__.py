"""The head-end: what it knows and decides. Owns no protocol and no socket."""

__version__ = "0.1.0"
