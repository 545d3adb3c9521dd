"""Objectives against slow float64 loops written from the equations: values and gradients to 1e-5."""

import math

import pytest
import torch

from sdzero_bench.config import Divergence
from sdzero_bench.examples import Aggregation, Example, loss_weights
from sdzero_bench.objectives import NLL, PolicyGradient, Targets, TokenKL, token_kl, token_logprobs, weighted_loss

N, V = 7, 11  # counted tokens, vocabulary


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def logits(random):
    return (2 * torch.randn(N, V, generator=random)).requires_grad_()


@pytest.fixture
def teacher(random):
    return 2 * torch.randn(N, V, generator=random)


@pytest.fixture
def targets(random):
    """Advantages of both signs; old log-probabilities so that ratios lie below, inside and above the clip range."""
    ids = torch.randint(V, (N,), generator=random)
    advantages = torch.tensor([1.3, -0.7, 1.3, -0.7, 1.3, -0.7, 0.4])
    shifts = torch.tensor([0.5, 0.5, -0.5, -0.5, 0.05, -0.05, 0.26])
    logits = 2 * torch.randn(N, V, generator=torch.Generator().manual_seed(0))
    return Targets(ids, advantages, token_logprobs(logits, ids) - shifts)


def softmax(row):
    """Plain Python floats are float64."""
    top = max(row)
    exps = [math.exp(value - top) for value in row]
    return [value / sum(exps) for value in exps]


def slow_kl(student, teacher, divergence, top_k, mixed_weight):
    keep = sorted(range(len(teacher)), key=lambda v: -teacher[v])[:top_k]
    p, q = softmax([student[v] for v in keep]), softmax([teacher[v] for v in keep])
    reverse = sum(a * (math.log(a) - math.log(b)) for a, b in zip(p, q, strict=True))
    forward = sum(b * (math.log(b) - math.log(a)) for a, b in zip(p, q, strict=True))
    mixed = mixed_weight * forward + (1 - mixed_weight) * reverse
    return {Divergence.REVERSE: reverse, Divergence.FORWARD: forward, Divergence.MIXED: mixed}[divergence]


def slow_surrogate(row, token, advantage, old, low, high, temperature, kl_weight, reference_row):
    logprob = math.log(softmax([value / temperature for value in row])[token])
    ratio = math.exp(logprob - old)
    loss = -min(ratio * advantage, min(max(ratio, 1 - low), 1 + high) * advantage)
    if kl_weight:
        gap = math.log(softmax([value / temperature for value in reference_row])[token]) - logprob
        loss += kl_weight * (math.exp(gap) - gap - 1)
    return loss


def slow_gradient(function, rows):
    """Central differences in float64 of sum_n function(n, rows[n]); [N][V]."""
    step, gradient = 1e-6, []
    for n, row in enumerate(rows):
        slopes = []
        for v in range(len(row)):
            up, down = list(row), list(row)
            up[v] += step
            down[v] -= step
            slopes.append((function(n, up) - function(n, down)) / (2 * step))
        gradient.append(slopes)
    return gradient


def check(losses, logits, function):
    """Values and gradients of float32 losses [N] against the loop."""
    rows = logits.detach().double().tolist()
    expected = [function(n, row) for n, row in enumerate(rows)]
    torch.testing.assert_close(losses.detach(), torch.tensor(expected), atol=1e-5, rtol=1e-5)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    torch.testing.assert_close(gradient, torch.tensor(slow_gradient(function, rows)), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("top_k", [None, 4, 1, V, V + 5])
@pytest.mark.parametrize("divergence", Divergence)
def test_token_kl(logits, teacher, targets, divergence, top_k):
    losses, figures = TokenKL(divergence, 0.3, top_k).token_losses(logits, targets, teacher)
    assert figures == {}
    rows = teacher.double().tolist()
    check(losses, logits, lambda n, row: slow_kl(row, rows[n], divergence, top_k, 0.3))


def test_token_kl_gives_the_teacher_no_gradient(logits, teacher):
    teacher.requires_grad_()
    token_kl(logits, teacher).sum().backward()
    assert teacher.grad is None


def test_token_kl_of_equal_distributions_is_zero(logits):
    assert token_kl(logits, logits + 3.0).abs().max() < 1e-6


def test_nll(logits, targets):
    losses, _ = NLL().token_losses(logits, targets, None)
    ids = targets.token_ids_N.tolist()
    check(losses, logits, lambda n, row: -math.log(softmax(row)[ids[n]]))


@pytest.mark.parametrize(
    "objective",
    [
        PolicyGradient(),  # DAPO
        PolicyGradient(clip_high=0.2, kl_weight=0.04, aggregation=Aggregation.SEQUENCE_MEAN),  # classic GRPO
        PolicyGradient(temperature=0.7, kl_weight=0.5),
    ],
    ids=["dapo", "classic", "temperature"],
)
def test_policy_gradient(logits, teacher, targets, objective):
    losses, figures = objective.token_losses(logits, targets, teacher)
    ids, advantages = targets.token_ids_N.tolist(), targets.advantages_N.double().tolist()
    old, reference = targets.old_logprobs_N.double().tolist(), teacher.double().tolist()
    low, high = objective.clip_low, objective.clip_high

    def slow(n, row):
        return slow_surrogate(
            row, ids[n], advantages[n], old[n], low, high, objective.temperature, objective.kl_weight, reference[n]
        )

    check(losses, logits, slow)
    ratios = (token_logprobs(logits / objective.temperature, targets.token_ids_N) - targets.old_logprobs_N).exp()
    beyond = torch.where(targets.advantages_N > 0, ratios > 1 + high, ratios < 1 - low)
    assert figures["clip_fraction"].tolist() == beyond.float().tolist()
    assert 0 < beyond.sum() < N
    assert objective.needs_teacher == (objective.kl_weight > 0)


def test_policy_gradient_without_old_logprobs_is_on_policy(logits, targets):
    """Ratio 1: the loss is minus the advantage, the gradient that of -advantage * log-probability."""
    on_policy = Targets(targets.token_ids_N, targets.advantages_N, None)
    losses, _ = PolicyGradient().token_losses(logits, on_policy, None)
    torch.testing.assert_close(losses, -targets.advantages_N)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    plain = -(targets.advantages_N * token_logprobs(logits, targets.token_ids_N)).sum()
    torch.testing.assert_close(gradient, torch.autograd.grad(plain, logits)[0])


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        (Aggregation.TOKEN_MEAN, lambda sums, totals: sum(sums) / sum(totals)),
        (
            Aggregation.SEQUENCE_MEAN,
            lambda sums, totals: sum(s / t for s, t in zip(sums, totals, strict=True) if t) / 4,
        ),
        (Aggregation.SEQUENCE_SUM, lambda sums, totals: sum(sums) / 4),
    ],
)
def test_aggregation(aggregation, expected):
    """The plain sum of weight * loss is the aggregated loss; sequences with nothing counted count as sequences."""
    rows = [(0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 0.5, 2.0), (0.0, 0.0), (0.0, 1.0)]
    losses = [[9.0, 2.0, 4.0], [9.0, 9.0, 1.0, 3.0, 0.25], [9.0, 9.0], [9.0, 8.0]]
    weights = loss_weights([Example(tuple(range(len(row))), row) for row in rows], aggregation)
    assert [len(row) for row in weights] == [len(row) for row in rows]
    got = sum(w * loss for ws, ls in zip(weights, losses, strict=True) for w, loss in zip(ws, ls, strict=True))
    sums = [sum(w * loss for w, loss in zip(ws, ls, strict=True)) for ws, ls in zip(rows, losses, strict=True)]
    assert got == pytest.approx(expected(sums, [sum(row) for row in rows]), abs=1e-12)


def test_aggregation_of_nothing():
    for aggregation in Aggregation:
        assert loss_weights([Example((1, 2), (0.0, 0.0))], aggregation) == [[0.0, 0.0]]
        assert loss_weights([], aggregation) == []


@pytest.mark.parametrize("objective", [NLL(), TokenKL(top_k=3), PolicyGradient(kl_weight=0.1)])
@pytest.mark.parametrize("chunk", [1, 3, N, N + 1])
def test_chunks_change_neither_value_nor_gradient(random, targets, objective, chunk):
    """Loss, further figures, and the gradients of hidden states and head, against one pass over all tokens."""
    hidden = torch.randn(N, 5, generator=random, requires_grad=True)
    head, teacher_head = torch.nn.Linear(5, V, bias=False), torch.nn.Linear(5, V, bias=False)
    teacher_hidden = torch.randn(N, 5, generator=random)
    weights = torch.rand(N, generator=random)
    losses, figures = objective.token_losses(head(hidden), targets, teacher_head(teacher_hidden))
    whole = (losses * weights).sum()
    expected = torch.autograd.grad(whole, [hidden, head.weight])
    loss, sums = weighted_loss(objective, head, hidden, weights, targets, teacher_head, teacher_hidden, chunk)
    torch.testing.assert_close(loss, whole, atol=1e-6, rtol=1e-6)
    for got, want in zip(torch.autograd.grad(loss, [hidden, head.weight]), expected, strict=True):
        torch.testing.assert_close(got, want, atol=1e-6, rtol=1e-5)
    assert sums == pytest.approx(
        {name: float((value.detach() * weights).sum()) for name, value in figures.items()}, abs=1e-5
    )


def test_logits_of_all_chunks_never_exist_together():
    """What autograd keeps for the backward pass is hidden states, not logits."""
    hidden, head = torch.randn(64, 4, requires_grad=True), torch.nn.Linear(4, 1000, bias=False)
    targets = Targets(torch.zeros(64, dtype=torch.long), torch.zeros(64), None)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        weighted_loss(NLL(), head, hidden, torch.ones(64), targets, None, None, chunk=16)
    assert max(kept, default=0) < 16 * 1000
