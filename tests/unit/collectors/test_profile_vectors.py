"""Golden registers of every shipped Modbus profile: a wrong address, function, type, word order or scale cannot pass.

Every register has a vector, and every register described wrongly by one key disagrees with one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.profiles import ModbusProfile
from headend import shipped
from headend.domain.errors import ConfigError
from tests.unit.collectors.register_mutants import mutants
from tests.unit.collectors.register_vectors import FOLDER, GUIDE, Judge, Origin, Vector, unproven, vectors_of

ROOT = shipped.config_root()
TYPES = shipped.reading_types(ROOT)
PROFILES = shipped.telling_profiles(ROOT, "modbus", ModbusProfile, TYPES)
FINDER = Judge(PROFILES["finder-7m-38"], TYPES)
ENERGY = FINDER.profile.told["active_energy_import"]
SEEN = Vector("active_energy_import", 406, "000D EBDF", "9123510 Wh", {401: "0001"}, function=4)


def refuse(complaints: list[str]) -> None:
    """Fail with the complaints alone: they are for people who wrote a profile, not for those who know this file."""
    if complaints:
        pytest.fail("\n" + "\n".join(complaints), pytrace=False)


@pytest.mark.parametrize("name", PROFILES)
def test_every_register_has_a_vector(name: str) -> None:
    refuse(list(unproven(PROFILES[name], vectors_of(name))))


@pytest.mark.parametrize("name", PROFILES)
def test_every_vector_is_read_as_it_says(name: str) -> None:
    judge = Judge(PROFILES[name], TYPES)
    told = judge.profile.told
    found = [judge.complaint(told[v.reading_type], v) for v in vectors_of(name) if v.reading_type in told]
    refuse([complaint for complaint in found if complaint])


@pytest.mark.parametrize("name", PROFILES)
def test_every_register_described_wrongly_is_noticed(name: str) -> None:
    refuse(unnoticed(PROFILES[name], vectors_of(name)))


def unnoticed(profile: ModbusProfile, vectors: list[Vector]) -> list[str]:
    """The wrong descriptions with which every vector of the register still agrees."""
    judge = Judge(profile, TYPES)
    found = []
    for name, register in profile.told.items():
        of_it = [vector for vector in vectors if vector.reading_type == name]
        for mutant in mutants(register, profile.function):
            if not any(judge.complaint(mutant.register, vector, mutant.function) for vector in of_it):
                found.append(f"{profile.name} {name}: no vector notices {mutant.what}; choose other words, {GUIDE}")
    return found


def test_vectors_are_of_profiles_that_ship() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")}
    assert files == set(PROFILES)
    assert len(files) >= 28
    assert all(vector.source and vector.origin in Origin for name in files for vector in vectors_of(name))


def test_a_profile_without_vectors_is_told_what_to_do() -> None:
    said = list(unproven(FINDER.profile, vectors_of("finder-7m-38", FOLDER / "nowhere")))
    assert len(said) == len(FINDER.profile.registers)
    assert said[5] == (
        "finder-7m-38 voltage_l1 has no vector: add one to tests/vectors/modbus/finder-7m-38.yaml, "
        "see docs/how-to-add-a-meter-profile.md step 3"
    )
    stray = replace(SEEN, reading_type="max_demand_import")
    assert list(unproven(FINDER.profile, [*vectors_of("finder-7m-38"), stray])) == [
        "finder-7m-38 has no register max_demand_import: correct the vector in tests/vectors/modbus/finder-7m-38.yaml"
    ]


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        (SEEN, ""),
        (replace(SEEN, value="9123.51 kWh"), ""),
        (replace(SEEN, value="9123.52 kWh"), "got 9123.51 kWh, the vector says 9123.52 kWh"),
        (replace(SEEN, value="none"), "got 9123.51 kWh, the vector says none"),
        (
            replace(SEEN, also={401: "8000"}),
            "no value (invalid_data: its exponent is absent (8000)), the vector says 9123510 Wh",
        ),
        (replace(SEEN, also={401: "8000"}, value="invalid"), ""),
        (
            replace(SEEN, also={401: "0063"}, value="none"),
            "no value (invalid_data: its exponent 99 is not in -10..10), the vector says none",
        ),
        (replace(SEEN, also={}), "exponent_at 401 is not among the words; write it into `also`"),
        (replace(SEEN, function=3), "read with function 4, the vector says 3"),
        (replace(SEEN, address=408), "read from 406, the vector says 408"),
        (replace(SEEN, words="000D"), "i32 is 2 words, the vector says 1"),
        (replace(SEEN, value="9123510 varh"), "is told in kWh, the vector says 9123510 varh"),
    ],
)
def test_a_vector_that_disagrees_says_what_was_computed(vector: Vector, said: str) -> None:
    assert FINDER.complaint(ENERGY, vector) == (
        f"finder-7m-38 active_energy_import at {vector.address}: {said}" if said else ""
    )


def test_a_vector_that_proves_little_leaves_mistakes_unnoticed() -> None:
    alone = replace(FINDER.profile, registers=(ENERGY,))
    assert unnoticed(alone, [replace(SEEN, words="FFFF EBDF", value="-51530 Wh")]) == []
    weak = " ".join(unnoticed(alone, [replace(SEEN, words="0000 0000", value="0 Wh")]))
    assert all(what in weak for what in ("u32 for i32", "word order", "unit kWh", "resolution 10", "exponent_at None"))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("origin: constructed", "origin: published", "mine.yaml:3 origin: Input should be 'frame', 'document' or"),
        (
            'words: "000D EBDF"',
            "words: 13",
            "mine.yaml:6 vectors.0.words: Input should be a valid string (put the text",
        ),
        ('words: "000D EBDF"', 'words: "13, 60383"', "mine.yaml:6 vectors.0: '13, 60383' are no words"),
        ("value:", "valeu:", "vectors.0.value"),
    ],
)
def test_a_wrong_vector_file_says_file_line_and_key(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    text = (
        'profile: mine\nfunction: 4\norigin: constructed\nsource: "by hand"\nvectors:\n'
        '  - {reading_type: frequency, address: 0, words: "000D EBDF", value: "50 Hz"}\n'
    )
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert vectors_of("mine", tmp_path)[0].origin is Origin.CONSTRUCTED
    path.write_text(text.replace(right, wrong))
    with pytest.raises(ConfigError) as caught:
        vectors_of("mine", tmp_path)
    assert said in str(caught.value)
