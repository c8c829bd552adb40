"""Where a profile tells an item: the one lookup of drivers whose profiles list reading types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from headend.domain.errors import UnknownReadingType
from headend.domain.reading_types import ReadingTypeTable

Place = TypeVar("Place")
Told = TypeVar("Told", covariant=True)


class TellingProfile(Protocol[Told]):
    """A profile that tells reading types, each in a place of its own."""

    @property
    def name(self) -> str:
        """Of the profile."""
        ...

    @property
    def told(self) -> Mapping[str, Told]:
        """Places by reading type."""
        ...


def place_of(item: str, profile: TellingProfile[Place], types: ReadingTypeTable) -> Place | str:
    """The place of an item, or in words why it has none."""
    try:
        reading_type = types.find(item)
    except UnknownReadingType as unknown:
        return str(unknown)
    if item.upper() == reading_type.data_identifier:
        return f"{item} is a data identifier of DL/T 645; ask for {reading_type.name}"
    return profile.told.get(reading_type.name) or f"{profile.name} tells no {reading_type.name}"
