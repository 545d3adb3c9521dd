import pytest

from sdzero_bench.benchmarks import find_card
from sdzero_bench.config import EvaluationConfig
from sdzero_bench.errors import UserError
from sdzero_bench.protocol import protocol_of


def test_a_task_has_its_own_protocol_and_what_is_set_counts_over_it():
    aime = find_card("aime24")
    assert aime is not None
    own = protocol_of(aime, EvaluationConfig(), ())
    assert (own.k, own.temperature, own.max_new_tokens, own.revise) == (8, 0.7, 32_768, False)
    asked = protocol_of(aime, EvaluationConfig(k=4, revise=True, max_new_tokens=100), {"k", "revise", "max_new_tokens"})
    assert (asked.k, asked.temperature, asked.max_new_tokens, asked.revise) == (4, 0.7, 100, True)


def test_greedy_tasks_are_sampled_once():
    gsm8k = find_card("gsm8k")
    assert gsm8k is not None
    # A preset's fields are set too, but by nobody who asks for this task.
    own = protocol_of(gsm8k, EvaluationConfig(k=2, temperature=1.0, max_new_tokens=160), ())
    assert (own.k, own.temperature, own.max_new_tokens) == (1, 0, gsm8k.max_new_tokens)
    aime = find_card("aime24")
    assert protocol_of(aime, EvaluationConfig(temperature=0), {"temperature"}).k == 1


def test_a_question_set_without_a_card_has_the_configs_protocol():
    config = EvaluationConfig()
    assert protocol_of(None, config, ()) == config


def test_several_greedy_samples_are_refused():
    with pytest.raises(UserError, match=r"evaluation.k: 4 samples at temperature 0"):
        protocol_of(None, EvaluationConfig(k=4, temperature=0), {"k", "temperature"})
