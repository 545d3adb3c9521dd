"""What wandb's offline files hold: RUN/wandb/offline-run-*/run-ID.wandb, one for every process. wandb has no reader.

Example: a run that was killed after 40 points has a file with the first 35 of them: wandb writes every 15 seconds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK, HEADER = 32 * 1024, 7  # bytes; the file's own header is as long as a chunk's
WHOLE, FIRST, LAST = 1, 2, 4  # kinds of chunks; 3 is between the first and the last


def offline_records(folder: Path, run_id: str) -> Iterator[Any]:
    """The records (wandb's `Record` messages) of all offline files of a run, those of the first process first."""
    from wandb.proto.wandb_internal_pb2 import Record

    for path in sorted(folder.glob(f"offline-run-*/run-{run_id}.wandb")):
        for data in _records(path.read_bytes()):
            yield Record.FromString(data)


def offline_points(folder: Path, run_id: str) -> int:
    """How many points they hold."""
    return sum(record.WhichOneof("record_type") == "history" for record in offline_records(folder, run_id))


def _records(data: bytes) -> Iterator[bytes]:
    """Records of LevelDB's log format: blocks with chunks of crc32, length, kind, content; a torn end is left out."""
    record, place = b"", HEADER
    while place + HEADER <= len(data):
        if (left := BLOCK - place % BLOCK) < HEADER:  # too little for a chunk: filled up
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + HEADER])
        content = data[place + HEADER : place + HEADER + length]
        if kind == 0 or len(content) < length:
            return
        record = content if kind in (WHOLE, FIRST) else record + content
        if kind in (WHOLE, LAST):
            yield record
        place += HEADER + length
