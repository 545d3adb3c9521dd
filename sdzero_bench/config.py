"""Every setting of a run, with its default, its meaning and where the default comes from.

Defaults are the paper's (He et al. 2026, "Self-Distillation Zero", Tables 4-6 and Appendix C); where the authors'
released code differs, that value is named in the comment and can be set. A run's config is YAML:

    method: sdzero
    model: /models/Qwen3-4B-Instruct-2507
    questions: {train: train.jsonl, evaluation: test.jsonl}
    srt: {learning_rate: 5.0e-6}

A misspelt field is an error, never ignored.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sdzero_bench.examples import Aggregation
from sdzero_bench.types import Extraction


class Settings(BaseModel):
    """Base of every section: unknown fields, nan and infinity are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, use_enum_values=False)


class Schedule(StrEnum):
    """Learning rate over a training phase, after the warm-up."""

    COSINE = "cosine"  # to 0 at the last step
    CONSTANT = "constant"


class OptimiserConfig(Settings):
    """AdamW with a schedule, for one training phase."""

    learning_rate: float = Field(gt=0)
    schedule: Schedule
    warmup_steps: int = Field(0, ge=0)
    warmup_ratio: float = Field(0.0, ge=0, lt=1)  # of the phase's steps; used when warmup_steps is 0
    weight_decay: float = Field(0.0, ge=0)
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.95, ge=0, lt=1)
    max_grad_norm: float | None = Field(1.0, gt=0)


class BackendConfig(Settings):
    """Which engine, and how it uses the machine."""

    name: str = "hf-accelerate"
    dtype: Literal["float32", "bfloat16"] = "float32"
    device: str = "auto"  # auto, cpu, cuda, cuda:1, ...
    threads: int = Field(0, ge=0)  # torch CPU threads per process; 0 leaves torch's own choice
    micro_batch_tokens: int = Field(16_384, gt=0)  # padded tokens in one forward pass of training and scoring
    sample_batch: int = Field(512, gt=0)  # rows sampled together
    logit_chunk: int = Field(1024, gt=0)  # token positions whose logits exist at the same time in a loss
    gradient_checkpointing: bool = False
    options: dict[str, Any] = Field(default_factory=dict)  # the engine's own


class QuestionsConfig(Settings):
    """Where questions come from; a source is a string `sdzero_bench.questions` understands."""

    train: str
    evaluation: str | None = None  # None: the last tenth of `train` is held out, evaluated on and never trained on
    per_round: int | None = Field(None, gt=0)  # questions a round may use, taken in turn; None: all, every round
    evaluation_limit: int | None = Field(
        None, gt=0
    )  # the first so many of `evaluation`; without it, held out of `train`
    prompt_suffix: str = ""  # appended to the last user message; the paper's: Please reason step by step, and put ...
    system_prompt: str = ""
    shots: int | None = Field(None, ge=0)  # worked examples before a benchmark's question; None: the task's own number
    extraction: Extraction | None = None  # overrides the set's own rule for finding the final answer


class SamplingConfig(Settings):
    """Sampling for training. The authors' code: temperature 1.0, top_p 0.9."""

    temperature: float = Field(0.7, gt=0, le=10)
    top_p: float = Field(1.0, gt=0, le=1)
    max_new_tokens: int = Field(16_384, gt=0)


SELF_REVISION_WORDS = ("wait", "let me start over", "let me rephrase", "let me correct", "i made a mistake", "redo")


class EvaluationConfig(Settings):
    """Evaluation at the start and after every round. The paper: avg@8, 32K tokens."""

    k: int = Field(8, gt=0)  # samples per question: avg@k and pass@k
    temperature: float = Field(0.7, ge=0, le=10)  # 0 is greedy
    top_p: float = Field(1.0, gt=0, le=1)
    max_new_tokens: int = Field(32_768, gt=0)
    revise: bool = True  # also measure generate-then-revise (Table 9)
    self_revision_words: tuple[str, ...] = SELF_REVISION_WORDS  # Figure 6
    confidence: float = Field(0.95, gt=0, lt=1)
    interval: Literal["student_t", "bootstrap"] = "student_t"  # over question means, so clustered by question
    seed: int = 1234  # the same evaluation samples for every method and round


class ControlPhrases(Settings):
    """P_r by reward."""

    right: str = Field("Let me rephrase the above solution.", min_length=1)
    # The authors' code: "Wait, this response is wrong. Let me correct it." (Qwen), "Wrong. I need to redo all." (Olmo)
    wrong: str = Field("Wait, this response is not correct, let me start over.", min_length=1)
    separator: str = Field("\n\n", min_length=1)  # stands before and after the phrase

    def choose(self, reward: int) -> str:
        """The control phrase for a draft of this reward."""
        return self.right if reward else self.wrong


class SupervisedConfig(Settings):
    """SFT, RFT and SRT training (Table 4)."""

    learning_rate: float = Field(5e-6, gt=0)
    epochs: int = Field(3, gt=0)  # the released code; one reading of the paper says 2
    batch_size: int = Field(128, gt=0)  # sequences an update
    warmup_ratio: float = Field(0.05, ge=0, lt=1)
    weight_decay: float = Field(1e-4, ge=0)
    max_grad_norm: float | None = Field(1.0, gt=0)
    max_tokens: int = Field(32_768, gt=0)  # longer sequences are left out, and counted

    def optimiser(self) -> OptimiserConfig:
        """AdamW, cosine, betas 0.9 and 0.95."""
        return OptimiserConfig(
            learning_rate=self.learning_rate,
            schedule=Schedule.COSINE,
            warmup_ratio=self.warmup_ratio,
            weight_decay=self.weight_decay,
            beta2=0.95,
            max_grad_norm=self.max_grad_norm,
        )


class SRTConfig(SupervisedConfig):
    """Phase 1 of SD-Zero, Self-Revision Training."""

    question_share: float = Field(2 / 3, gt=0, le=1)  # of the round's questions, from the front (App. C.1: 10K of 15K)
    revisions: int = Field(3, gt=0)  # per draft (App. C.1)
    max_traces: int | None = Field(6_000, gt=0)  # verified traces kept (App. C.1: 6K); None: all
    generation_loss: bool = True  # L_generation; Table 11 drops one of the two
    revision_loss: bool = True  # L_revision
    verified_only: bool = True  # False keeps wrong revisions too (App. G, unfiltered)
    # joint: the paper's L_revision + L_generation. two_stage: the authors' code, L_generation on wrong-draft traces
    # first, then L_revision on at most `second_stage_traces`.
    stages: Literal["joint", "two_stage"] = "joint"
    second_stage_traces: int = Field(2_000, gt=0)  # the authors' code: 1-2K
    clean: bool = False  # the authors' code: cut repeated tails and flattering openings, drop duplicates

    @model_validator(mode="after")
    def _some_loss(self) -> SRTConfig:
        if not (self.generation_loss or self.revision_loss):
            raise ValueError("generation_loss and revision_loss are both false: nothing to train on")
        if self.stages == "two_stage" and not (self.generation_loss and self.revision_loss):
            raise ValueError("stages: two_stage trains one stage with each loss; leave both true")
        return self


class Divergence(StrEnum):
    """D_KL between the student's and the teacher's next-token distributions."""

    REVERSE = "reverse"  # KL(student || teacher), the paper's equation
    FORWARD = "forward"  # KL(teacher || student)
    MIXED = "mixed"  # mixed_weight * forward + (1 - mixed_weight) * reverse


class OnPolicyConfig(Settings):
    """Optimiser and batch of the on-policy phases (Table 5, Table 6)."""

    learning_rate: float = Field(5e-6, gt=0)
    warmup_steps: int = Field(20, ge=0)
    weight_decay: float = Field(0.01, ge=0)
    max_grad_norm: float | None = Field(1.0, gt=0)
    prompts_per_step: int = Field(128, gt=0)
    steps: int | None = Field(None, gt=0)  # updates a round; None: as many as the sample budget leaves

    def optimiser(self) -> OptimiserConfig:
        """AdamW, linear warm-up then constant, betas 0.9 and 0.999."""
        return OptimiserConfig(
            learning_rate=self.learning_rate,
            schedule=Schedule.CONSTANT,
            warmup_steps=self.warmup_steps,
            weight_decay=self.weight_decay,
            beta2=0.999,
            max_grad_norm=self.max_grad_norm,
        )


class DistilConfig(OnPolicyConfig):
    """Phase 2 of SD-Zero, and SDFT: on-policy self-distillation."""

    question_share: float = Field(0.6, gt=0, le=1)  # of the round's questions, from the back (App. C.2: 9K of 15K)
    divergence: Divergence = Divergence.REVERSE
    mixed_weight: float = Field(0.5, ge=0, le=1)
    top_k: int | None = Field(64, gt=0)  # on the teacher's k likeliest tokens, renormalised; None: full vocabulary
    max_new_tokens: int = Field(8_192, gt=0)  # the student's responses
    max_teacher_tokens: int = Field(32_768, gt=0)  # the teacher's context
    aggregation: Aggregation = Aggregation.SEQUENCE_SUM  # E_y sum_t


class SDZeroConfig(Settings):
    """What one round of SD-Zero is."""

    # distil: SRT in the first round only, later rounds synchronise the teacher and distil (the paper's meaning).
    # revise_again: collect and SRT in every round, for small models that forget how to revise.
    later_rounds: Literal["distil", "revise_again"] = "distil"
    srt: bool = True  # False: phase 2 only (Table 12)
    distil: bool = True  # False: the SRT row of Table 1
    # When the reviser measured before it teaches is no better than the generator. It is measured on evaluation
    # questions: with another value than continue, the decision selects on the questions that are reported.
    weak_reviser: Literal["continue", "revise_again", "stop"] = "continue"
    reviser_questions: int = Field(256, gt=0)  # evaluation questions used to measure it (not charged to the budget)


class RFTConfig(SupervisedConfig):
    """Rejection-sampling fine-tuning on the policy's own right completions."""

    samples_per_question: int | None = Field(None, gt=0)  # None: what the sample budget allows (the paper: 4)


class GRPOConfig(OnPolicyConfig):
    """GRPO, by default the DAPO variant (Yu et al. 2025): token-level loss, decoupled clip, no KL term."""

    prompts_per_step: int = Field(128, gt=0)
    group_size: int = Field(8, gt=1)  # Table 5; Appendix C.2 and Table 3 say 4
    clip_low: float = Field(0.2, gt=0, lt=1)
    clip_high: float = Field(0.28, gt=0)  # classic: 0.2
    aggregation: Aggregation = Aggregation.TOKEN_MEAN  # classic: sequence_mean
    kl_weight: float = Field(0.0, ge=0)  # classic: 0.04, against the weights at the start of the round
    scale_by_std: bool = True  # advantage = (r - mean) / (std + 1e-4)
    dynamic_sampling: bool = True  # DAPO: groups all right or all wrong carry no signal and are left out of the batch
    updates_per_batch: int = Field(1, gt=0)  # optimiser steps on the same samples (mu)


class SDFTConfig(DistilConfig):
    """Self-distillation from a teacher that has seen the gold demonstration (Shenfeld et al. 2026)."""

    question_share: float = Field(1.0, gt=0, le=1)
    answer_only: bool = False  # the teacher sees the final answer only (Table 8)
    template: str = (
        "{question}\n\nThis is an example of a response to the question:\n{demonstration}\n\n"
        "Now answer with a response of your own, including the thinking process."
    )

    @field_validator("template")
    @classmethod
    def _placeholders(cls, value: str) -> str:
        if "{question}" not in value or "{demonstration}" not in value:
            raise ValueError("the template needs {question} and {demonstration}")
        return value


METHODS = ("sdzero", "grpo", "rft", "sft", "sdft")
VARIABLE = ("sdzero", "srt", "distil", "rft", "sft", "grpo", "sdft", "sampling", "control")  # by variants of a method


class Variant(Settings):
    """A method with other settings, under a name of its own."""

    method: Literal["sdzero", "grpo", "rft", "sft", "sdft"] = "sdzero"
    set: dict[str, Any]  # section.field: value, of VARIABLE
    about: str = ""  # for people

    @field_validator("set")
    @classmethod
    def _what_methods_may_differ_in(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            section, dot, _ = name.partition(".")
            if name != "samples_per_round" and not (dot and section in VARIABLE):
                raise ValueError(
                    f"a variant may set samples_per_round and fields (section.field) of {', '.join(VARIABLE)}; "
                    f"{name!r} has to be the same for all"
                )
        return value


class RunConfig(Settings):
    """One run: one method from one model."""

    method: Literal["sdzero", "grpo", "rft", "sft", "sdft"] = "sdzero"
    label: str | None = None  # the row's name in tables; None: the method's
    variants: dict[str, Variant] = Field(default_factory=dict)  # further names for `compare --methods`
    twin_of: str | None = None  # a small run in the shape of one of the paper's: its model's name in the paper's tables
    model: str  # `embedded`, a Hugging Face folder, or a hub id
    seed: int = Field(0, ge=0)
    rounds: int = Field(1, gt=0)
    samples_per_round: int | None = Field(None, gt=0)  # sample budget; None: 4 a question (App. C.2: 60K for 15K)
    checkpoint_every: int = Field(20, gt=0)  # updates between checkpoints inside a training phase
    backend: BackendConfig = BackendConfig()
    questions: QuestionsConfig
    sampling: SamplingConfig = SamplingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    control: ControlPhrases = ControlPhrases()
    sdzero: SDZeroConfig = SDZeroConfig()
    srt: SRTConfig = SRTConfig()
    distil: DistilConfig = DistilConfig()
    rft: RFTConfig = RFTConfig()
    sft: SupervisedConfig = SupervisedConfig()
    grpo: GRPOConfig = GRPOConfig()
    sdft: SDFTConfig = SDFTConfig()
    verifier_workers: int | None = Field(None, gt=0)  # processes that judge; None: twice the cores
    verifier_timeout: float = Field(10.0, gt=0)  # seconds per completion; programs have their tests' own limits
    data_dir: Path | None = None  # folder with local files of benchmarks; None: SDZERO_DATA_DIR, then the hub
    unsafe_code: bool = False  # run model-written programs without a sandbox where none works

    @field_validator("variants")
    @classmethod
    def _names(cls, value: dict[str, Variant]) -> dict[str, Variant]:
        for name in value:
            if name in METHODS or not re.fullmatch(r"[\w-][\w.-]*", name):
                raise ValueError(f"{name!r} is a method's name or no name for a folder; choose another")
        return value
