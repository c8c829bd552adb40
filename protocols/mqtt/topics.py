"""Topics that hold a meter's address: `meters/{address}/state`. Subscribes to nothing."""

from dataclasses import dataclass, field
from typing import Final

from protocols.errors import LocalProtocolError

ADDRESS: Final = "{address}"
LONGEST_TOPIC: Final = 65_535
_FORBIDDEN_IN_NAMES: Final = frozenset("+#\0")


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A topic with `{address}` in it once, alone between its slashes or inside a level."""

    text: str
    _before: str = field(init=False, repr=False)
    _after: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        before, found, after = self.text.partition(ADDRESS)
        if not found or ADDRESS in after:
            raise ValueError(f"{self.text!r} must hold {ADDRESS} once")
        if _FORBIDDEN_IN_NAMES & set(self.text):
            raise ValueError(f"{self.text!r} is a filter; write the topic of one meter with {ADDRESS} in it")
        object.__setattr__(self, "_before", before)
        object.__setattr__(self, "_after", after)

    def topic(self, address: str) -> str:
        """The topic of one meter; an address may itself have levels."""
        topic = f"{self._before}{address}{self._after}"
        if not address or _FORBIDDEN_IN_NAMES & set(address) or len(topic.encode()) > LONGEST_TOPIC:
            raise LocalProtocolError(f"{address!r} cannot stand in a topic")
        return topic

    def address(self, topic: str) -> str | None:
        """The address in a topic of this pattern, or None where it is another one."""
        if not topic.startswith(self._before) or not topic.endswith(self._after):
            return None
        return topic[len(self._before) : len(topic) - len(self._after)] or None
