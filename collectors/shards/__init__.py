"""Lines owned by child processes of the head-end: which child owns which line, how it is asked, how it is replaced."""
