"""KPI definitions as they lie in `config/kpi`: one file a version, read strictly. Computes nothing."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from headend.domain.errors import ConfigError, UnknownReadingType
from headend.domain.kpi import Exclusion, KpiDefinition, Measure
from headend.domain.reading_types import ReadingTypeTable
from headend.yaml_file import line_of, load_yaml


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid")

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class KpiFile(BaseModel):
    """The shape of a file."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    version: int = Field(ge=1)
    valid_from: date
    words: _Words
    definition: _Words
    reading_type: str
    numerator: Measure
    denominator: Measure
    exclusions: tuple[Exclusion, ...]
    unit: Literal["percent"]
    target: Decimal = Field(ge=0, le=100)
    timely_within_minutes: int = Field(default=60, ge=0, le=10_080)
    heard_within_days: int = Field(default=7, ge=1, le=62)

    @property
    def digest(self) -> str:
        """Over what makes the figures; words, texts and the target may be mended."""
        text = self.model_dump_json(exclude={"words", "definition", "target", "unit"})
        return hashlib.sha256(text.encode()).hexdigest()


def kpi_definitions(root: Path, types: ReadingTypeTable) -> Sequence[KpiDefinition]:
    """All versions of all KPIs, by id and version; ConfigError says which file is wrong and where."""
    found: list[KpiDefinition] = []
    for path in sorted((root / "kpi").glob("*.yaml")):
        file = load_yaml(path, KpiFile)
        _check(path, file, types)
        found.append(_definition(file))
    found.sort(key=lambda one: (one.id, one.version))
    for before, after in itertools.pairwise(found):
        if before.id == after.id and before.valid_from >= after.valid_from:
            problem = f"version {after.version} of {after.id} is valid no later than version {before.version}"
            raise ConfigError(problem, file=str(root / "kpi"), key="valid_from", remedy="give it a later date")
    return found


def _check(path: Path, file: KpiFile, types: ReadingTypeTable) -> None:
    name = f"{file.id}-v{file.version}"
    if path.stem != name:
        raise ConfigError(f"holds {name}", file=str(path), key="id", remedy=f"name it {name}.yaml")
    try:
        types.by_name(file.reading_type)
    except UnknownReadingType as error:
        raise ConfigError(
            str(error),
            file=str(path),
            line=line_of(path, ("reading_type",)),
            key="reading_type",
            remedy="write a name of reading_types.csv",
        ) from error


def _definition(file: KpiFile) -> KpiDefinition:
    return KpiDefinition(
        id=file.id,
        version=file.version,
        valid_from=file.valid_from,
        name_en=file.words.en,
        name_zh=file.words.zh,
        text_en=file.definition.en,
        text_zh=file.definition.zh,
        reading_type=file.reading_type,
        numerator=file.numerator,
        denominator=file.denominator,
        exclusions=file.exclusions,
        target=file.target,
        timely_within_s=60 * file.timely_within_minutes,
        heard_within_days=file.heard_within_days,
        digest=file.digest,
    )
