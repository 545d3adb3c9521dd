"""`doctor`: whether what is installed here works together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_bench.doctor.finding import Finding

_FORMATS = ("text", "json")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: sdzero-bench doctor --backend vllm-deepspeed")(doctor)


def doctor(
    backend: Annotated[
        str | None,
        typer.Option("--backend", help="The backend that has to work: what it needs may not be missing.",
                     show_default=False),
    ] = None,
    fmt: Annotated[str, typer.Option("--format", "-f", help="text or json.")] = "text",
) -> None:  # fmt: skip
    """Check this machine and environment: versions, imports, GPUs, memory, ports, compilers, sandbox, hub.

    Exit code 0 where nothing is wrong (there may be warnings), 1 otherwise.
    """
    from sdzero_bench.backend import backend_names
    from sdzero_bench.doctor.examine import examine
    from sdzero_bench.doctor.finding import Level
    from sdzero_bench.progress import reporter_for

    if fmt not in _FORMATS:
        raise UserError(f"--format: unknown format {fmt!r}; known: {', '.join(_FORMATS)}")
    names = sorted(backend_names())
    if backend is not None and backend not in names:
        raise UserError(f"--backend: unknown backend {backend!r}; installed: {', '.join(names) or 'none'}")
    findings = examine(backend, reporter_for(0))
    _print_json(findings) if fmt == "json" else _print_text(findings)
    if any(finding.level is Level.WRONG for finding in findings):
        raise typer.Exit(1)


def _print_json(findings: list[Finding]) -> None:
    import json
    from dataclasses import asdict

    print(json.dumps([asdict(finding) for finding in findings], indent=2))


def _print_text(findings: list[Finding]) -> None:
    """A line a finding, whatever the terminal's width: lines can be searched and pasted."""
    from rich.console import Console
    from rich.text import Text

    from sdzero_bench.doctor.finding import Level

    styles = {Level.OK: "green", Level.WARNING: "yellow", Level.WRONG: "bold red"}
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        line = Text(f"{finding.level:<8}", style=styles[finding.level])
        line.append(f"{finding.subject:<{width}}  {finding.found}", style="default")
        console.print(line)
        if finding.mend:
            console.print(f"{'':8}{'':{width}}  -> {finding.mend}")
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    said = f"{counts[Level.WRONG]} wrong" if counts[Level.WRONG] else "nothing is wrong"
    warnings = counts[Level.WARNING]
    console.print(f"\n{said}, {warnings} warning{'' if warnings == 1 else 's'}")
