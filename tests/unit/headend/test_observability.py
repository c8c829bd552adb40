"""Logs go to whatever stderr is now, also where the one of their beginning was closed."""

import io

import pytest
import structlog

from headend.observability import configure_logs


def test_a_logger_outlives_the_stream_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    before = structlog.get_config()
    try:
        monkeypatch.setattr("sys.stderr", first)
        configure_logs()
        log = structlog.get_logger().bind()
        log.warning("one")
        monkeypatch.setattr("sys.stderr", second)
        first.close()
        log.warning("two")
    finally:
        structlog.configure(**before)
    assert '"event": "two"' in second.getvalue()
