"""Makes `sparkplug.json` with software that is not ours: run by the interpreter of the peers, prints the vectors.

.venv-peers/bin/python tests/vectors/mqtt/sparkplug.py > tests/vectors/mqtt/sparkplug.json
"""

from __future__ import annotations

import json

from pysparkplug import DataType, Metric, NBirth, NData

AT = 1_795_507_200_000  # 2026-11-24T08:00:00Z
VALUES = [
    ("INT8", -5),
    ("INT8", 127),
    ("INT16", -1234),
    ("INT32", -123456),
    ("INT32", 2147483647),
    ("INT64", -900719925474099),
    ("INT64", 1234567890123),
    ("UINT8", 255),
    ("UINT16", 65535),
    ("UINT32", 4294967295),
    ("UINT64", 900719925474099),
    ("FLOAT", 230.2),
    ("FLOAT", 1234.56),
    ("FLOAT", -0.001),
    ("DOUBLE", 123456.789),
    ("DOUBLE", 0.1 + 0.2),
]


def metric(name: str | None, datatype: str, value: object, alias: int | None = None) -> Metric:
    return Metric(timestamp=AT, name=name, datatype=DataType[datatype], value=value, alias=alias)


def main() -> None:
    vectors = []
    for datatype, value in VALUES:
        payload = NData(timestamp=AT, seq=7, metrics=(metric("energy", datatype, value, 3),))
        raw = payload.encode(include_dtypes=True)
        vectors.append({"datatype": datatype, "value": repr(value), "hex": raw.hex()})
    birth = NBirth(timestamp=AT, seq=0, metrics=(metric("energy", "INT64", 5, 1), metric("bdSeq", "INT64", 2)))
    data = NData(timestamp=AT + 1, seq=1, metrics=(metric(None, "INT64", 6, 1),))
    told = {"birth": birth.encode(include_dtypes=True).hex(), "data": data.encode(include_dtypes=False).hex()}
    print(json.dumps({"origin": "pysparkplug 0.6.1, protobuf 7.36", "values": vectors, "alias": told}, indent=1))


main()
