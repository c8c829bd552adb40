"""The profile of a terminal's own data: which functions are asked, and which reading types they tell. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from collectors.profiles import STRICT, Timing
from protocols.gdw1376.functions.history import DENSITY_MINUTES


@dataclass(frozen=True, slots=True)
class CurrentFunction:
    """A function of AFN 0C and the reading types among its values, which have the same names."""

    __pydantic_config__: ClassVar = STRICT
    function: int
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrozenDays:
    """Functions of AFN 0D that tell the registers at the end of a day, and how many days are kept."""

    __pydantic_config__: ClassVar = STRICT
    functions: tuple[int, ...]
    days_kept: int


@dataclass(frozen=True, slots=True)
class Curves:
    """Functions of AFN 0D that tell registers at points of `density`, so many a request."""

    __pydantic_config__: ClassVar = STRICT
    functions: tuple[int, ...]
    density: int
    points_per_request: int
    days_kept: int

    def __post_init__(self) -> None:
        if self.density not in DENSITY_MINUTES:
            raise ValueError(f"density {self.density} is none of {', '.join(map(str, DENSITY_MINUTES))}")
        if not 1 <= self.points_per_request <= 96:
            raise ValueError("points_per_request must be in 1..96")

    @property
    def interval_s(self) -> int:
        """From point to point."""
        return 60 * DENSITY_MINUTES[self.density]


@dataclass(frozen=True, slots=True)
class Gdw1376Profile:
    """A kind of terminal. `periodic` is asked every collection cycle; one function is asked once for all its items."""

    __pydantic_config__: ClassVar = STRICT
    name: str
    source: str
    current: tuple[CurrentFunction, ...]
    periodic: tuple[str, ...]
    daily_freeze: FrozenDays | None = None
    load_profile: Curves | None = None
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        names = [name for one in self.current for name in one.tells]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]} stands here twice")

    @property
    def told(self) -> Mapping[str, int]:
        """The function by reading type."""
        return {name: one.function for one in self.current for name in one.tells}
