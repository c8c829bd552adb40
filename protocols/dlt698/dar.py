"""Data access results: the reasons of a refusal in words."""

from collections.abc import Mapping
from typing import Final

SUCCESS: Final = 0
WORDS: Final[Mapping[int, str]] = {
    SUCCESS: "success",
    1: "hardware failure",
    2: "temporary failure",
    3: "read or write refused",
    4: "object undefined",
    5: "object class does not match",
    6: "object does not exist",
    7: "type does not match",
    8: "out of bounds",
    9: "data block not available",
    10: "split transfer cancelled",
    11: "no split transfer under way",
    12: "block write cancelled",
    13: "no block write under way",
    14: "data block number invalid",
    15: "password wrong or not authorised",
    16: "baud rate cannot be changed",
    17: "too many yearly time zones",
    18: "too many daily time slots",
    19: "too many tariffs",
    20: "security authentication does not match",
    21: "recharged twice",
    22: "ESAM verification failed",
    23: "security authentication failed",
    24: "customer number does not match",
    25: "recharge count wrong",
    26: "too much purchased",
    27: "address abnormal",
    28: "symmetric decryption failed",
    29: "asymmetric decryption failed",
    30: "signature wrong",
    31: "meter suspended",
    32: "time tag invalid",
    33: "request timed out",
    255: "other",
}


def words(code: int) -> str:
    """What the code says; a code of no table says its number."""
    return WORDS.get(code, f"unknown reason {code}")
