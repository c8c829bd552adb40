"""Wire formats: bytes to meaning and back. Sans-IO: no socket, no clock, no log; knows no other room."""
