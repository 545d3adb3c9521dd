"""Variants: one or two settings changed, compared under a name of their own."""

import subprocess
import sys
from operator import attrgetter

import pytest

from sdzero_bench.config import METHODS
from sdzero_bench.config_files import load_config
from sdzero_bench.errors import UserError
from sdzero_bench.run_results import read_results
from sdzero_bench.variants import ABOUT, known_variants, method_configs

FIELDS = {"model": "embedded", "questions": {"train": "arithmetic?size=100"}}


def changed(one, other):
    """Dotted names of the settings in which two configs differ."""
    one, other = one.model_dump(), other.model_dump()
    pairs = [(name, one[name], other[name]) for name in one]
    nested = [(f"{name}.{key}", a[key], b[key]) for name, a, b in pairs if isinstance(a, dict) for key in a]
    return {name for name, a, b in [*pairs, *nested] if a != b and not isinstance(a, dict)}


@pytest.mark.parametrize("name", known_variants())
def test_a_variant_changes_what_it_says_and_nothing_else(name):
    variant, plain = known_variants()[name], load_config(None, **FIELDS)
    (made,) = method_configs(plain, [name]).values()
    expected = {"label", *variant.set} | ({"method"} if variant.method != plain.method else set())
    # grpo-n8 is the default's own number
    same = {field for field, value in variant.set.items() if attrgetter(field)(plain) == value}
    assert changed(plain, made) == expected - same
    assert made.label == name
    assert variant.about


def test_every_method_is_known():
    assert set(ABOUT) == set(METHODS)
    configs = method_configs(load_config(None, **FIELDS), METHODS)
    assert [config.method for config in configs.values()] == list(METHODS)
    assert {config.label for config in configs.values()} == {None}


def test_a_configs_own_variants():
    own = {"fast": {"method": "rft", "set": {"rft.learning_rate": 1e-3}}}
    config = load_config(None, variants=own, **FIELDS)
    configs = method_configs(config, ["sdzero", "fast"])
    assert configs["fast"].rft.learning_rate == 1e-3
    assert (configs["fast"].method, configs["fast"].label, configs["fast"].variants) == ("rft", "fast", {})
    with pytest.raises(UserError, match=r"'questions.train' has to be the same for all"):
        load_config(None, variants={"other": {"set": {"questions.train": "x"}}}, **FIELDS)
    for name in ("grpo", "a/b", ".."):
        with pytest.raises(UserError, match="is a method's name or no name for a folder"):
            load_config(None, variants={name: {"set": {}}}, **FIELDS)
    with pytest.raises(UserError, match=r"unknown field 'variants.mine.methd'$"):
        load_config(None, variants={"mine": {"methd": "grpo", "set": {}}}, **FIELDS)
    wrong = load_config(None, variants={"bad": {"set": {"srt.epoch": 2}}}, **FIELDS)
    with pytest.raises(UserError, match=r"config \(variant bad\): unknown field 'srt.epoch'; did you mean 'epochs'"):
        method_configs(wrong, ["bad"])
    with pytest.raises(UserError, match=r"unknown method 'sdzer'; known: sdzero, .*sdzero-no-srt"):
        method_configs(config, ["sdzer"])


def test_a_comparison_of_variants(tmp_path):
    """They run, resume and are rendered under their names."""
    out = tmp_path / "out"
    sets = [
        "samples_per_round=144", "questions.train=arithmetic?split=train&size=36", "questions.per_round=36",
        "questions.evaluation=arithmetic?split=evaluation&size=8", "distil.prompts_per_step=16", "srt.epochs=1",
        "sampling.max_new_tokens=40", "evaluation.max_new_tokens=40", "evaluation.k=1", "sdzero.reviser_questions=8",
        "verifier_workers=1",
    ]  # fmt: skip
    words = [word for setting in sets for word in ("--set", setting)]
    command = [sys.executable, "-m", "sdzero_bench", "compare", "--rounds", "1", "-o", str(out), *words]
    done = subprocess.run([*command, "--methods", "srt,sdzero-no-srt"], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    results, _ = read_results([out])
    assert [result.label for result in results] == ["srt", "sdzero-no-srt"]
    assert {result.method for result in results} == {"sdzero"}
    phases = {
        name: {path.stem for path in (out / name / "rounds/01").glob("*.json")} for name in ("srt", "sdzero-no-srt")
    }
    assert "distil" not in phases["srt"]
    assert {"draft", "revision", "srt"} <= phases["srt"]
    assert phases["sdzero-no-srt"] >= {"distil", "trained"}
    assert "draft" not in phases["sdzero-no-srt"]
    again = subprocess.run([*command, "--methods", "srt"], capture_output=True, text=True, timeout=280)
    assert again.stdout == done.stdout
