"""Power by customer class: integer watts and vars for each quarter hour of a local month, from a seed.

The same (seed, meter, month) gives the same numbers in every process. It draws; it does not integrate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.slots import MonthSlots, month_slots

Column = NDArray[np.int64]
Floats = NDArray[np.float64]
LATITUDE = np.radians(34.0)


class CustomerClass(StrEnum):
    """Who is behind the meter."""

    RESIDENTIAL = "residential"
    COMMERCIAL = "commercial"
    INDUSTRIAL = "industrial"
    PROSUMER = "prosumer"
    STREET_LIGHTING = "street_lighting"


@dataclass(frozen=True, slots=True)
class ClassShape:
    """Per cent of the class's peak by hour, and how the class reacts to season, chance and sun."""

    peak_w: int
    weekday: tuple[int, ...]
    weekend: tuple[int, ...]
    winter: float  # share added in mid-January
    summer: float  # share added in mid-July
    day_noise: float
    slot_noise: float
    tan_phi: float  # negative is capacitive: LED drivers
    appliance_w: int = 0  # kettle, oven, lift: a short extra, now and then
    pv_w: int = 0
    only_at_night: bool = False


_HOME = (24, 21, 19, 18, 18, 21, 34, 52, 46, 34, 31, 35, 43, 38, 32, 32, 38, 56, 80, 95, 100, 84, 58, 36)
_HOME_OFF = (28, 23, 20, 18, 18, 19, 24, 36, 50, 56, 58, 62, 68, 60, 52, 50, 54, 66, 86, 97, 100, 88, 64, 42)
_SHOP = (14, 13, 13, 13, 13, 15, 22, 38, 66, 84, 92, 96, 98, 97, 100, 99, 96, 92, 86, 78, 62, 40, 22, 16)
_SHOP_OFF = (14, 13, 13, 13, 13, 14, 17, 24, 38, 54, 64, 70, 74, 74, 72, 70, 66, 62, 58, 50, 38, 26, 18, 15)
_PLANT = (42, 40, 40, 40, 42, 50, 74, 92, 98, 100, 99, 92, 80, 94, 99, 98, 96, 88, 78, 72, 68, 62, 54, 46)
_PLANT_OFF = (30, 29, 29, 29, 29, 30, 34, 38, 40, 42, 42, 40, 38, 40, 41, 40, 38, 36, 34, 33, 32, 31, 30, 30)

SHAPES: Mapping[CustomerClass, ClassShape] = {
    CustomerClass.RESIDENTIAL: ClassShape(2_400, _HOME, _HOME_OFF, 0.25, 0.35, 0.12, 0.25, 0.20, 2_000),
    CustomerClass.COMMERCIAL: ClassShape(19_000, _SHOP, _SHOP_OFF, 0.10, 0.40, 0.06, 0.08, 0.33, 5_000),
    CustomerClass.INDUSTRIAL: ClassShape(28_000, _PLANT, _PLANT_OFF, 0.02, 0.05, 0.05, 0.06, 0.48),
    CustomerClass.PROSUMER: ClassShape(2_800, _HOME, _HOME_OFF, 0.25, 0.30, 0.12, 0.25, 0.20, 2_000, pv_w=6_000),
    CustomerClass.STREET_LIGHTING: ClassShape(
        4_000, (100,) * 24, (100,) * 24, 0.0, 0.0, 0.0, 0.004, -0.15, only_at_night=True
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class MonthPower:
    """Columns over a month's slots; active is positive towards the customer, reactive if inductive."""

    grid: MonthSlots
    active_w: Column
    reactive_var: Column


class LoadShape:
    """The load of one customer; `size` scales the class's typical peak."""

    def __init__(self, customer_class: CustomerClass, *, seed: int, meter: int, zone: ZoneInfo, size: float):
        self._class = customer_class
        self._shape = SHAPES[customer_class]
        self._seed = (seed, meter)
        self._zone = zone
        self._size = size

    def month(self, year: int, month: int) -> MonthPower:
        """Integer watts and vars of each slot; one generator a month keeps years of history cheap."""
        grid = month_slots(self._zone, year, month)
        typical, sun = _typical(self._class, grid)
        chance = np.random.default_rng(np.random.SeedSequence([*self._seed, year, month]))
        load = self._load(typical, grid, chance)
        reactive = load * self._shape.tan_phi
        generated = self._generation(sun, grid, chance)
        return MonthPower(grid, _whole(load - generated), _whole(reactive))

    def _load(self, typical: Floats, grid: MonthSlots, chance: np.random.Generator) -> Floats:
        shape = self._shape
        days = chance.normal(1.0, shape.day_noise, 31).clip(0.7, 1.3)
        wobble = 1.0 + shape.slot_noise * chance.standard_normal(grid.count, dtype=np.float32).clip(-2.5, 2.5)
        load: Floats = typical * days[grid.day_index] * wobble * self._size
        if shape.appliance_w:
            draws = chance.random(grid.count, dtype=np.float32)
            load += np.where(draws < 0.06 * typical / shape.peak_w, shape.appliance_w * (0.4 + 10 * draws), 0)
        return load

    def _generation(self, sun: Floats, grid: MonthSlots, chance: np.random.Generator) -> Floats:
        if not self._shape.pv_w:
            return np.zeros(grid.count)
        sky = chance.beta(2.2, 1.1, 31)[grid.day_index]
        passing = 1.0 - 0.3 * chance.random(grid.count) * (1.0 - sky)
        generated: Floats = self._shape.pv_w * self._size * sun * sky * passing
        return generated


@lru_cache(maxsize=1024)
def _typical(customer_class: CustomerClass, grid: MonthSlots) -> tuple[Floats, Floats]:
    """The class's load without chance in watts, and the sun's height, 0 to 1: the same for its meters."""
    shape = SHAPES[customer_class]
    hour = grid.slot_of_day / 4.0
    profile = np.where(grid.weekday >= 5, _quarters(shape.weekend, hour), _quarters(shape.weekday, hour))
    year_angle = 2 * np.pi * (grid.day_of_year - 15) / 365.25
    cold, hot = np.cos(year_angle).clip(0, None), (-np.cos(year_angle)).clip(0, None)
    typical = shape.peak_w * profile / 100 * (1 + shape.winter * cold + shape.summer * hot)
    sun = _sun(grid.day_of_year, hour)
    if shape.only_at_night:
        typical = np.where(sun > -0.05, 12.0, typical)  # the controller alone stays on by day
    return typical, sun.clip(0, None)


def _quarters(by_hour: tuple[int, ...], hour: Floats) -> Floats:
    return np.interp(hour, np.arange(25), np.array([*by_hour, by_hour[0]], dtype=np.float64))


def _sun(day_of_year: Column, hour: Floats) -> Floats:
    """Sine of the sun's elevation; local noon is taken as 12:00."""
    declination = np.radians(23.44) * np.sin(2 * np.pi * (day_of_year - 81) / 365.25)
    hour_angle = np.radians(15.0) * (hour - 12.0)
    return np.asarray(
        np.sin(LATITUDE) * np.sin(declination) + np.cos(LATITUDE) * np.cos(declination) * np.cos(hour_angle)
    )


def _whole(power: Floats) -> Column:
    return np.rint(power).astype(np.int64)
