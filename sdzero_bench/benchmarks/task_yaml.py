"""lm-eval's task files as plain data: `include` merged as lm-eval merges it, `!function` left as a name.

Example: "include: _math.yaml\ntask: math500" gives the keys of _math.yaml with `task` added, and
"process_results: !function utils.process_results" gives {"process_results": "utils.process_results"}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.errors import UserError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    pass


_Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


def read_task_yaml(path: Path, including: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The file's keys over those of what it includes, whole keys at a time.

    Raises UserError naming the file that cannot be read or includes itself.
    """
    path = path.resolve()
    if path in including:
        raise UserError(f"tasks: {path} includes itself")
    try:
        read = yaml.load(path.read_text(), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"tasks: {path} is not readable YAML: {' '.join(str(error).split())}") from None
    if not isinstance(read, dict):
        raise UserError(f"tasks: {path} must hold keys (`task: name`), not a {type(read).__name__}")
    includes = read.pop("include", [])
    merged: dict[str, Any] = {}
    for name in includes if isinstance(includes, list) else [includes]:
        merged |= read_task_yaml(path.parent / name, (*including, path))
    return merged | read
