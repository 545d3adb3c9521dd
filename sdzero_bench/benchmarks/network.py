"""Whether a host answers, found out in seconds: the libraries' own retries take half a minute to say no.

Example: unreachable("https://huggingface.co") is None, or "Name or service not known".
"""

from __future__ import annotations

import os
import socket
import threading
import urllib.request
from urllib.parse import urlsplit

_SECONDS = 5.0
_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")


def offline() -> str | None:
    """The environment variable that forbids the hub, None where none does."""
    return next((name for name in _OFFLINE if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")), None)


def unreachable(url: str) -> str | None:
    """Why no connection to the host of `url` can be had, None where one can or where a proxy is in between."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return "not an address"
    if urllib.request.getproxies().keys() & {parts.scheme, "all"} and not urllib.request.proxy_bypass(parts.hostname):
        return None
    address = (parts.hostname, parts.port or (80 if parts.scheme == "http" else 443))
    found: list[str | None] = []

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=_SECONDS).close()
            found.append(None)
        except OSError as error:
            found.append(error.strerror or str(error) or type(error).__name__)

    # In a thread: looking a name up takes no time limit.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return found[0] if found else f"no answer in {_SECONDS:g} s"
