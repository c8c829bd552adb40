"""Part of the contract double: HTTP/1.1, authorisation, `/api/v2/write`, `/api/v2/query`, and faults on demand.

Runs in a thread with a loop of its own, on a port that the system chooses.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import h11

from tests.fakes.influxdb.flux import NotUnderstood, Question, question
from tests.fakes.influxdb.line_protocol import Malformed
from tests.fakes.influxdb.points import MemoryPoints, PartialWrite, Row

TOKEN, ORG = "a-token-that-nobody-may-see", "utility"


class Points(Protocol):
    """Where a bucket's points are."""

    def write(self, body: bytes) -> None: ...

    def delete(self, measurement: str) -> None: ...

    def ask(self, question: Question) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request instead: a status, a cut before or after its work, an answer that never comes."""

    status: int = 0
    retry_after: str = ""
    cut_before: bool = False
    cut_after: bool = False
    silent: bool = False
    body: str = '{"code": "internal error", "message": "told by the test"}'
    only: str = ""


@dataclass(slots=True)
class DoubleInfluxDb:
    """Buckets, the faults that wait, and every request that came (path, body)."""

    make_points: Callable[[str], Points]
    url: str = ""
    buckets: dict[str, Points] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    body_limit: int = 50_000_000

    def make_bucket(self, name: str) -> Points:
        """A new, empty bucket."""
        self.buckets[name] = self.make_points(name)
        return self.buckets[name]

    def answer(self, head: h11.Request, body: bytes) -> tuple[int, bytes]:
        """Status and body for one request."""
        url = urlsplit(head.target.decode())
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        headers = {key.decode().lower(): value.decode() for key, value in head.headers}
        if headers.get("authorization") != f"Token {TOKEN}":
            return 401, _error("unauthorized", "unauthorized access")
        if asked.get("org") != ORG:
            return 404, _error("not found", f'organization name "{asked.get("org")}" not found')
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((url.path, body))
        if head.method == b"POST" and url.path == "/api/v2/query":
            return self._query(json.loads(body))
        if head.method == b"POST" and url.path in ("/api/v2/write", "/api/v2/delete"):
            change = self._write if url.path == "/api/v2/write" else self._delete
            return change(asked, body)
        return 404, _error("not found", "path not found")

    def _write(self, asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if asked.get("bucket") not in self.buckets:
            return 404, _error("not found", f'bucket "{asked.get("bucket")}" not found')
        if asked.get("precision") != "ns":
            return 400, _error("invalid", "the contract double takes nanoseconds only")
        if len(body) > self.body_limit:
            return 413, _error("request too large", "request too large")
        try:
            self.buckets[asked["bucket"]].write(body)
        except (Malformed, UnicodeDecodeError) as error:
            return 400, _error("invalid", str(error))
        except PartialWrite as error:
            return 422, _error("unprocessable entity", f"failure writing points to database: {error}")
        return 204, b""

    def _delete(self, asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        predicate = re.fullmatch(r'_measurement="(\w+)"', json.loads(body)["predicate"])
        if predicate is None or asked.get("bucket") not in self.buckets:
            return 400, _error("invalid", "the contract double deletes whole measurements of its buckets")
        self.buckets[asked["bucket"]].delete(predicate[1])
        return 204, b""

    def _query(self, body: dict[str, object]) -> tuple[int, bytes]:
        dialect = body.get("dialect")
        if not isinstance(dialect, dict) or dialect.get("annotations") or not dialect.get("header"):
            return 400, _error("invalid", "the contract double answers with a header and without annotations")
        try:
            asked = question(str(body.get("query")), dialect)
        except NotUnderstood as error:
            return 400, _error("invalid", str(error))
        if asked.bucket not in self.buckets:
            return 404, _error("not found", f"failed to initialize execute state: could not find bucket {asked.bucket}")
        return 200, _csv(asked, self.buckets[asked.bucket].ask(asked))


@contextmanager
def double_influxdb(make_points: Callable[[str], Points] = lambda _: MemoryPoints()) -> Iterator[DoubleInfluxDb]:
    """The double while the block runs."""
    double = DoubleInfluxDb(make_points)
    loop = asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: _serve(double, r, w), "127.0.0.1", 0)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(double: DoubleInfluxDb, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h11.Connection(h11.SERVER)
    try:
        while (head := await _next(connection, reader)) is not None and isinstance(head, h11.Request):
            body = b""
            while isinstance(part := await _next(connection, reader), h11.Data):
                body += bytes(part.data)
            if not await _reply(double, writer, connection, head, body):
                break
            connection.start_next_cycle()
    except (ConnectionError, h11.ProtocolError, asyncio.CancelledError):
        pass
    finally:
        writer.transport.abort()


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(65_536))
    return None if isinstance(event, h11.ConnectionClosed) else event


async def _reply(
    double: DoubleInfluxDb, writer: asyncio.StreamWriter, connection: h11.Connection, head: h11.Request, body: bytes
) -> bool:
    fault = Fault()
    if double.faults and double.faults[0].only in head.target.decode():
        fault = double.faults.popleft()
    if fault.silent:
        await asyncio.sleep(3_600)
    if fault.cut_before:
        return False
    status, answer = (fault.status, fault.body.encode()) if fault.status else double.answer(head, body)
    if fault.cut_after:
        return False
    headers = [("Content-Length", str(len(answer))), ("Content-Type", "application/json")]
    headers += [("Retry-After", fault.retry_after)] * bool(fault.retry_after)
    for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=answer), h11.EndOfMessage()):
        writer.write(connection.send(event) or b"")
    await writer.drain()
    return True


def _csv(asked: Question, rows: list[Row]) -> bytes:
    """Annotated CSV without annotations: a header, then rows; no rows, no header."""
    lines = [",".join(["", "result", "table", *asked.columns])]
    lines += [",".join(["", "_result", "0", *(row.get(name, "") for name in asked.columns)]) for row in rows]
    return ("\r\n".join([*lines, "", ""]) if rows else "\r\n").encode()


def _error(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()
