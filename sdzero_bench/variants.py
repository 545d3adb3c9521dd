"""Methods by name, and variants of them: a method with a setting or two changed, compared under a name of its own.

Example: `compare --methods sdzero,sdzero-no-srt` runs SD-Zero twice, once with `sdzero.srt: false` (Table 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import yaml

from sdzero_bench.config import METHODS, RunConfig, Variant
from sdzero_bench.config_files import with_values
from sdzero_bench.errors import UserError

ABOUT = {
    "sdzero": "Self-Revision Training, then on-policy self-distillation from the reviser",
    "grpo": "group-relative policy gradient on the binary reward, by default the DAPO variant",
    "rft": "rejection-sampling fine-tuning on the policy's own right completions",
    "sft": "fine-tuning on gold solutions",
    "sdft": "on-policy self-distillation from a teacher that has seen the gold solution",
}


@cache
def known_variants() -> dict[str, Variant]:
    """The variants that ship with the package (`sdzero_bench/configs/variants.yaml`)."""
    text = (files("sdzero_bench.configs") / "variants.yaml").read_text()
    return {name: Variant.model_validate(fields) for name, fields in yaml.safe_load(text).items()}


def method_configs(config: RunConfig, names: Sequence[str], option: str = "--methods") -> dict[str, RunConfig]:
    """The config of every method or variant, by name: the same but for what the name says.

    option: where a person named them. Raises UserError for an unknown or repeated name.
    """
    variants = known_variants() | config.variants
    if not names:
        raise UserError(f"{option}: name at least one method")
    if repeated := [name for number, name in enumerate(names) if name in names[:number]]:
        raise UserError(f"{option}: {repeated[0]} is named twice; name each method once")
    plain = config.model_copy(update={"variants": {}})
    configs = {}
    for name in names:
        if name in variants:
            one = variants[name]
            configs[name] = with_values(plain, {"method": one.method, "label": name, **one.set}, f"variant {name}")
        elif name in METHODS:
            configs[name] = plain.model_copy(update={"method": name, "label": None})
        else:
            raise UserError(f"{option}: unknown method {name!r}; known: {', '.join([*METHODS, *variants])}")
    return configs
