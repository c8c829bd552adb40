"""Column types that every database holds exactly: instants as integers, decimals as text, words as text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from headend.domain.instants import from_us, to_us


class Instant(TypeDecorator[datetime]):
    """An aware instant as microseconds since 1970 UTC; no zone is left to a driver's opinion."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Going in."""
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Coming out."""
        return None if value is None else from_us(value)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal as its own text, so that not even a trailing zero is lost; hashes depend on it."""

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Going in."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Coming out."""
        return None if value is None else Decimal(value)


class by_code_point(FunctionElement[str]):
    """A text to sort by, so that every database sorts as Python does and not by the language it was set up with."""

    inherit_cache = True


@compiles(by_code_point)
def _as_it_is(element: by_code_point, compiler: SQLCompiler, **more: Any) -> str:  # Any: SQLAlchemy's own
    return compiler.process(element.clauses, **more)


@compiles(by_code_point, "postgresql")
def _as_bytes(element: by_code_point, compiler: SQLCompiler, **more: Any) -> str:  # Any: SQLAlchemy's own
    return f'{compiler.process(element.clauses, **more)} COLLATE "C"'
