"""Plans as tables for people and as JSON for programs.

Example: `Memory of one GPU in GB, sdzero` has a row a term and a column a state; below it what does not fit and what
would mend it; then hours by phase.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

from sdzero_bench.plan.case import Case
from sdzero_bench.plan.durations import KEPT, Phase, evaluation, round_phases, running_rows
from sdzero_bench.plan.lengths import longest_sampled
from sdzero_bench.plan.memory import STATES, Memory, estimate
from sdzero_bench.plan.mends import Mend, find_mends
from sdzero_bench.table_formats import Table, write_table

GB = 1e9
WIDTH = 100


@dataclass(frozen=True)
class MethodPlan:
    """What was found for one method."""

    case: Case
    memory: Memory
    mends: list[Mend]
    rounds: list[list[Phase]]  # by round; the base's evaluation alone comes first

    @property
    def fits(self) -> bool:
        """Whether every state has room."""
        return self.memory.excess == 0

    @property
    def hours(self) -> float:
        """Of all rounds and the base's evaluation."""
        return sum(phase.seconds for phases in self.rounds for phase in phases) / 3600


def plan_method(case: Case) -> MethodPlan:
    """Memory, mends where they are needed, and time. Raises UserError where the sample budget cannot hold a round."""
    memory = estimate(case)
    rounds = [[evaluation(case)], *(round_phases(case, number) for number in range(1, case.config.rounds + 1))]
    return MethodPlan(case, memory, find_mends(case) if memory.excess else [], rounds)


def problems(plan: MethodPlan) -> list[str]:
    """What does not fit, one line each."""
    memory, found = plan.memory, []
    for state in STATES:
        if memory.total(state) > memory.capacity:
            largest = max(memory.states[state].items(), key=lambda item: item[1])
            found.append(
                f"{state}: {memory.total(state) / GB:.1f} GB of {memory.capacity / GB:.1f} GB "
                f"(largest: {largest[0]}, {largest[1] / GB:.1f} GB)"
            )
    cache = memory.cache
    if cache and cache.held < cache.longest:
        held = f"{max(cache.held, 0) / GB:.1f} GB are left for it beside the weights"
        found.append(f"vLLM's KV cache: one sequence of its context takes {cache.longest / GB:.1f} GB, and {held}")
    return found


def failure(plan: MethodPlan) -> str:
    """The one line of an error."""
    mended = [mend for mend in plan.mends if mend.memory.excess == 0]
    advice = f"{mended[0].words} would fit" if mended else "no setting of the engine mends it"
    return f"plan: {plan.case.config.method} does not fit: {problems(plan)[0]}; {advice}"


def render(plans: list[MethodPlan], profile: str) -> str:
    """Everything, for a terminal."""
    case = plans[0].case
    shape, unit = case.shape, _unit(case)
    head = (
        f"{shape.name}: {shape.parameters:,} parameters, {shape.layers} layers, context {shape.context:,}\n"
        f"{profile}: {case.ranks} {'rank' if case.ranks == 1 else 'ranks'}, {case.memory / GB:,.1f} GB for each; "
        f"{case.config.backend.name}, "
        f"{case.config.backend.dtype}\n"
    )
    parts = [head]
    for plan in plans:
        parts.append(_memory_table(plan, unit))
        parts.append("".join(f"{line}\n" for line in verdict(plan)))
        parts.append(_time_table(plan))
    notes = (textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ") for line in assumptions(case))
    parts.append("Assumed:\n" + "".join(f"{note}\n" for note in notes))
    return "\n".join(parts)


def verdict(plan: MethodPlan) -> list[str]:
    """Fits, or what does not and which setting would mend it."""
    memory = plan.memory
    host = f", and {memory.host / GB:.1f} GB a rank in the host's memory" if memory.host else ""
    if plan.fits:
        return [f"Fits: at most {_peak(memory)}{host}."]
    lines = [f"Does not fit. {line}" for line in problems(plan)]
    for mend in plan.mends:
        fits = mend.memory.excess == 0
        lines.append(f"{'Mends it' if fits else 'Not enough'}: {mend.words} ({_peak(mend.memory)})")
    if not any(mend.memory.excess == 0 for mend in plan.mends):
        lines.append("No setting mends it: use more or larger GPUs, shorter sequences, or vllm-deepspeed with ZeRO 3.")
    return lines


def assumptions(case: Case) -> list[str]:
    """What the figures rest on."""
    rows = running_rows(case, case.prompt_tokens + case.mean_tokens)
    machine = case.profile.machine
    return [
        f"{case.questions:,} questions a round, {case.evaluated:,} evaluation questions, prompts of "
        f"{case.prompt_tokens} tokens, responses of {case.mean_tokens:,} tokens on average or the limit where that is "
        "lower",
        f"memory: every sequence as long as its limits allow (sampling: {longest_sampled(case):,} tokens)",
        f"time: {machine.tflops:g} TFLOP/s and {machine.bandwidth_gb_s:g} GB/s a rank, at most {rows:,} rows an engine "
        f"at once, {KEPT:.0%} of the samples right; judging, loading and saving are not counted",
        "time is an estimate within a factor of about two",
    ]


def as_json(plans: list[MethodPlan], profile: str) -> str:
    """The same figures, in bytes and seconds."""
    case = plans[0].case
    record = {
        "profile": profile,
        "model": {"name": case.shape.name, "parameters": case.shape.parameters, "context": case.shape.context},
        "ranks": case.ranks,
        "plans": [_record(plan) for plan in plans],
        "assumptions": assumptions(case),
    }
    return json.dumps(record, indent=2) + "\n"


def _record(plan: MethodPlan) -> dict[str, Any]:
    memory = plan.memory
    return {
        "method": plan.case.config.method,
        "fits": plan.fits,
        "capacity": memory.capacity,
        "peak": {"state": memory.peak, "bytes": memory.total(memory.peak)},
        "memory": memory.states,
        "cache": memory.cache and {"bytes": memory.cache.held, "longest_sequence": memory.cache.longest},
        "host": memory.host,
        "problems": [] if plan.fits else problems(plan),
        "mends": [
            {
                "set": dict(mend.changes),
                "fits": mend.memory.excess == 0,
                "peak": {"state": mend.memory.peak, "bytes": mend.memory.total(mend.memory.peak)},
            }
            for mend in plan.mends
        ],
        "rounds": [
            [
                {
                    "phase": phase.name,
                    "seconds": phase.seconds,
                    "samples": phase.samples,
                    "sampled_tokens": phase.sampled_tokens,
                    "trained_tokens": phase.trained_tokens,
                }
                for phase in phases
            ]
            for phases in plan.rounds
        ],
        "hours": plan.hours,
        "device_hours": plan.hours * plan.case.devices,
    }


def _memory_table(plan: MethodPlan, unit: str) -> str:
    memory = plan.memory
    names = list(dict.fromkeys(name for state in STATES for name in memory.states[state] if name != "reserve"))
    rows = [
        (name, *(_gb(memory.states[state].get(name, 0.0)) for state in STATES)) for name in [*names, "reserve"]
    ]  # fmt: skip
    rows.append(("total", *(_gb(memory.total(state)) for state in STATES)))
    rows.append(("of", *(_gb(memory.capacity) for _ in STATES)))
    title = f"Memory of one {unit} in GB, {plan.case.config.method}"
    return write_table(Table(title, ("", *STATES), tuple(rows)), [], "terminal", WIDTH)


def _time_table(plan: MethodPlan) -> str:
    """Round 1 and all rounds; a run of one round has one column of hours."""
    case, first, base = plan.case, plan.rounds[1], plan.rounds[0][0]
    several = case.config.rounds > 1
    unit = "GPU-hours" if case.on_gpu else "process-hours"

    def times(seconds: float | None, in_all: float) -> tuple[str, ...]:
        one = ("" if seconds is None else _hours(seconds),) if several else ()
        return (*one, _hours(in_all), _hours(in_all * case.devices))

    def work(phase: Phase) -> tuple[str, ...]:
        return _count(phase.samples), _count(phase.sampled_tokens), _count(phase.trained_tokens)

    rows = [("base evaluation", *work(base), *times(None, base.seconds))]
    for phase in first:
        rows.append((phase.name, *work(phase), *times(phase.seconds, _all_rounds(plan, phase.name))))
    total = sum(phase.seconds for phase in first)
    rows.append(("total", "", "", "", *times(total, plan.hours * 3600)))
    hours = ("hours\nround 1", f"hours\n{case.config.rounds} rounds") if several else ("hours",)
    header = ("phase", "samples", "sampled\ntokens", "trained\ntokens", *hours, unit)
    return write_table(Table(f"Time by phase, {case.config.method}", header, tuple(rows)), [], "terminal", WIDTH)


def _all_rounds(plan: MethodPlan, name: str) -> float:
    return sum(phase.seconds for phases in plan.rounds[1:] for phase in phases if phase.name == name)


def _peak(memory: Memory) -> str:
    return f"{memory.total(memory.peak) / GB:.1f} of {memory.capacity / GB:.1f} GB, {memory.peak}"


def _unit(case: Case) -> str:
    return "GPU" if case.on_gpu else "process"


def _gb(value: float) -> str:
    return "" if not value else f"{value / GB:,.2f}" if value >= 0.005 * GB else "<0.01"


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:,.1f}" if hours >= 10 else f"{hours:.2g}"


def _count(value: float) -> str:
    if not value:
        return ""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * size:
            return f"{value / size:,.0f}{letter}"
    return f"{value:,.0f}"
