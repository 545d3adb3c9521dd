"""Ends a program that only waits: one that sleeps, or waits for a lock or for input that will not come.

Example: `watch(lambda: True, give_up)` calls `give_up` some two seconds after the program called time.sleep(1000).

The judge's own limit on wall time has to be long, as a busy machine makes right programs slow too. Here processor time
tells the two apart: who is kept waiting by others still gets a little of it. A program can switch this off; it then
meets the judge's limit.
"""

from __future__ import annotations

import _thread
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PERIOD = 0.5  # seconds between looks
_PERIODS = 3  # of idling in a row
_LEAST = 0.002  # seconds of processor time in a period that are work
_STACK_BYTES = 256 << 10


def watch(working: Callable[[], bool], give_up: Callable[[], None]) -> None:
    """Call `give_up` (in another thread) once the main thread idles while `working()`."""
    # Bound here: a program may replace what it finds in modules.
    main, sleep, clock, read = os.getpid(), time.sleep, time.process_time, _read

    def look() -> None:
        idle, before = 0, clock()
        while idle < _PERIODS:
            sleep(_PERIOD)
            used, before = clock() - before, clock()
            idle = idle + 1 if used < _LEAST and working() and _waits(main, read) else 0
        give_up()

    size = _thread.stack_size(_STACK_BYTES)
    _thread.start_new_thread(look, ())
    _thread.stack_size(size)


def _waits(main: int, read: Callable[[str], bytes]) -> bool:
    """Whether the main thread waits, for no disk and for no child of its own, as far as /proc may be read."""
    try:
        state = read(f"/proc/self/task/{main}/stat").rpartition(b")")[2].split()[:1]
        return state == [b"S"] and not read(f"/proc/self/task/{main}/children").strip()
    except OSError:  # in a sandbox without /proc
        return True


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
