"""Tests of terminals that dial in, without sockets."""
