"""The data that ships with the head-end: reading types, device profiles, validation rules. Reads, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from collectors.profiles import Dlt645Profile, Dlt698Profile, ModbusProfile, MqttProfile
from collectors.terminals.profile import Gdw1376Profile
from collectors.units import power_of_ten
from headend.domain.errors import ConfigError, UnknownReadingType
from headend.domain.reading_types import ReadingTypeTable, read_table
from headend.rules.book import RULES, RuleBook
from headend.yaml_file import line_of, load_yaml

Profile = TypeVar("Profile", Dlt645Profile, Dlt698Profile, ModbusProfile, MqttProfile, Gdw1376Profile)
Telling = TypeVar("Telling", ModbusProfile, MqttProfile)


def config_root() -> Path:
    """The folder of shipped data: inside the installed package, or beside it in a source checkout."""
    here = Path(__file__).parent
    packaged = here / "_config"
    return packaged if packaged.is_dir() else here.parent / "config"


def reading_types(root: Path) -> ReadingTypeTable:
    """The one table of reading types."""
    path = root / "reading_types.csv"
    return read_table(path.read_text(encoding="utf-8"), str(path))


def profiles(root: Path, protocol: str, shape: type[Profile]) -> Mapping[str, Profile]:
    """All profiles of a protocol by name; a file's name must be its profile's."""
    found: dict[str, Profile] = {}
    for path in sorted((root / "profiles" / protocol).glob("*.yaml")):
        profile = load_yaml(path, shape)
        _check_name(path, profile.name)
        found[profile.name] = profile
    return found


def telling_profiles(root: Path, protocol: str, shape: type[Telling], types: ReadingTypeTable) -> Mapping[str, Telling]:
    """Profiles that say which reading types a device tells in which units; each must be known and convertible."""
    found = profiles(root, protocol, shape)
    for profile in found.values():
        _check_all_told(root / "profiles" / protocol / f"{profile.name}.yaml", profile, types)
    return found


def telling_profile(path: Path, types: ReadingTypeTable) -> ModbusProfile | MqttProfile:
    """One such profile from any file, its protocol known by its keys; checked as if it were shipped."""
    keys = load_yaml(path, dict[str, Any])  # Any: the shape is not known yet
    shapes = {MqttProfile.told_in: MqttProfile, ModbusProfile.told_in: ModbusProfile}
    shape = next((shape for key, shape in shapes.items() if key in keys), None)
    if shape is None:
        remedy = "only profiles of Modbus and MQTT are checked alone; the others with the site"
        raise ConfigError("has neither `registers` nor `values`", file=str(path), remedy=remedy)
    profile: ModbusProfile | MqttProfile = load_yaml(path, shape)
    _check_name(path, profile.name)
    _check_all_told(path, profile, types)
    return profile


def _check_name(path: Path, name: str) -> None:
    if name != path.stem:
        line = line_of(path, ("name",))
        raise ConfigError(f"is named {name!r}", file=str(path), line=line, key="name", remedy=f"name it {path.stem}")


def _check_all_told(path: Path, profile: ModbusProfile | MqttProfile, types: ReadingTypeTable) -> None:
    units = [(name, value.unit) for name, value in profile.told.items()]
    for position, (reading_type, unit) in enumerate(units):
        _check_told(path, (profile.told_in, position), reading_type, unit, types)


def _check_told(path: Path, place: tuple[str, int], reading_type: str, unit: str, types: ReadingTypeTable) -> None:
    try:
        wanted = types.by_name(reading_type).unit
    except UnknownReadingType as error:
        key, problem, remedy = "reading_type", str(error), "write a name of reading_types.csv"
    else:
        if power_of_ten(unit, wanted) is not None:
            return
        key, problem, remedy = "unit", f"{unit!r} is no unit of {reading_type}", f"it is kept in {wanted or 'no unit'}"
    full = (*place, key)
    raise ConfigError(problem, file=str(path), line=line_of(path, full), key=".".join(map(str, full)), remedy=remedy)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """Shape of the rules file: parameters by rule id."""

    version: int
    rules: Mapping[str, Mapping[str, Any]]  # Any: each rule has parameters of its own


def rule_book(root: Path) -> RuleBook:
    """The validation rules in force."""
    path = root / "validation" / "rules.yaml"
    content = load_yaml(path, RuleFile)
    rules = []
    for rule_id, parameters in content.rules.items():
        if rule_id not in RULES:
            raise ConfigError(f"no rule {rule_id!r}", file=str(path), key=f"rules.{rule_id}", remedy=", ".join(RULES))
        try:
            rules.append(TypeAdapter(RULES[rule_id]).validate_python(parameters))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(("rules", rule_id, *map(str, first["loc"])))
            raise ConfigError(first["msg"], file=str(path), key=key) from error
    return RuleBook(rules)
