"""Where the state of a site is: a file in the data directory, or a database of a PostgreSQL server. Opens nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sqlalchemy import make_url

from headend.domain.errors import ConfigError
from headend.settings import DataSettings, PostgreSqlConfig

STATE_FILE = "state.sqlite"


def state_url(directory: Path, data: DataSettings) -> str:
    """The URL of the state store, with its password in it: for engines, never for logs; ConfigError."""
    if data.postgresql is None:
        return f"sqlite:///{directory / STATE_FILE}"
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError(
            "needs the driver of PostgreSQL",
            key="data.postgresql",
            remedy="install it: pip install 'headend[postgresql]'",
        )
    url = make_url(data.postgresql.url).set(drivername="postgresql+psycopg", password=_password(data.postgresql))
    return url.render_as_string(hide_password=False)


def _password(config: PostgreSqlConfig) -> str | None:
    """From its file; None leaves it to the server and to what libpq knows (~/.pgpass, PGPASSFILE)."""
    if not config.password_file:
        return None
    try:
        password = Path(config.password_file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not text"
        raise _no_password(config, f"cannot be read: {words}") from None
    if not password:
        raise _no_password(config, "holds no password")
    return password


def _no_password(config: PostgreSqlConfig, problem: str) -> ConfigError:
    return ConfigError(
        f"{config.password_file} {problem}",
        key="data.postgresql.password_file",
        remedy="put the password alone into a file that only the head-end may read",
    )
