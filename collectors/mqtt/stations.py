"""All stations of a line: who is listened to, and whose a topic is. Opens nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from collectors.mqtt.messages import Station
from headend.domain.metering import MeterInstallation

MakeStation = Callable[[MeterInstallation], Station]
NameStation = Callable[[MeterInstallation], str]


class Stations:
    """Stations of the meters that are watched, and of those that somebody asks just now. Each keeps what it learnt."""

    def __init__(self, name: NameStation, make: MakeStation) -> None:
        self._name, self._make = name, make
        self._watched: Sequence[MeterInstallation] = ()
        self._watched_set = frozenset[MeterInstallation]()
        self._visitors: list[MeterInstallation] = []
        self._stations: dict[str, Station] = {}
        self._by_filter: dict[str, Station] = {}

    @property
    def filters(self) -> frozenset[str]:
        """All that must be subscribed to."""
        return frozenset(self._by_filter)

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """Exactly these meters, and the visitors."""
        self._watched = tuple(installations)
        self._settle()

    def is_watched(self, installation: MeterInstallation) -> bool:
        """Whether what it says is to be kept."""
        return installation in self._watched_set

    def visit(self, installation: MeterInstallation) -> Station:
        """Somebody asks this meter."""
        self._visitors.append(installation)
        if installation not in self._watched_set:
            self._settle()
        return self._stations[self._name(installation)]

    def leave(self, installation: MeterInstallation) -> None:
        """One who asked has gone."""
        self._visitors.remove(installation)
        if installation not in self._watched_set and installation not in self._visitors:
            self._settle()

    def find(self, topic: str) -> Station | None:
        """Whose topic it is."""
        station = self._by_filter.get(topic)
        if station is None and "/" in topic:
            station = self._by_filter.get(topic.rpartition("/")[0] + "/+")
        return station

    def connected(self) -> None:
        """Tell all of a new connection."""
        for station in self._stations.values():
            station.connected()

    def __iter__(self) -> Iterator[Station]:
        return iter(tuple(self._stations.values()))

    def _settle(self) -> None:
        wanted: defaultdict[str, list[MeterInstallation]] = defaultdict(list)
        for installation in dict.fromkeys([*self._watched, *self._visitors]):
            wanted[self._name(installation)].append(installation)
        self._watched_set = frozenset(self._watched)
        self._stations = {name: self._stations.get(name) or self._make(meters[0]) for name, meters in wanted.items()}
        for name, meters in wanted.items():
            self._stations[name].serve(meters)
        self._by_filter = {topic: station for station in self._stations.values() for topic in station.filters}
