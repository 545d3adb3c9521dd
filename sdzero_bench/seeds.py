"""Seeds by name, so that a resumed phase draws what it would have drawn. Example: derive(0, 1, "distil", 17)."""

import hashlib


def derive(*path: object) -> int:
    """A seed in [0, 2**63) from a path of names and numbers."""
    digest = hashlib.blake2b("/".join(map(str, path)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
