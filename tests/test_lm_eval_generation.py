"""Generation with stop strings, likeliest tokens, several processes: what the adapter adds to the backend."""

import copy
import json
import sys
from pathlib import Path

import pytest
from launch import run_python
from lm_eval.tasks import TaskManager
from made_lm_eval_tasks import made_manager, write_rows
from transformers import AutoTokenizer

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.lm_eval_tasks import continuations, generation
from sdzero_bench.lm_eval_tasks.adapter import BackendLM
from sdzero_bench.lm_eval_tasks.continuations import score_continuations
from sdzero_bench.lm_eval_tasks.generation import Generation, generate_until, read_generation, until_stop
from sdzero_bench.lm_eval_tasks.leader import Leader, run_on_rank_0
from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks
from sdzero_bench.lm_eval_tasks.run import evaluate_lm_eval_tasks
from sdzero_bench.progress import Silent, reporter_for
from sdzero_bench.types import Sampling

QUESTIONS = ("3 + 7 = ?", "9 - 4 + 2 = ?", "1 + 1 + 8 - 3 = ?", "5 - 9 = ?", "2 + 2 + 2 + 2 + 2 = ?")


@pytest.fixture(scope="module")
def backend():
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def prompts(backend):
    return [tuple(backend.tokenizer.encode(f"<user>{question}<assistant>")) for question in QUESTIONS]


class Record(list):
    def __call__(self, done, of):
        self.append((done, of))


@pytest.mark.parametrize("stop", [" ; ", "; so", "\\boxed{", "1", "never"])
def test_stages_give_the_text_of_one_generation(backend, prompts, monkeypatch, stop):
    monkeypatch.setattr(generation, "FIRST_STAGE", 3)
    monkeypatch.setattr(generation, "PROMPT_SHARE", 1000)
    whole = [completion for (completion,) in backend.generate(prompts, Sampling(40, temperature=0))]
    progress = Record()
    staged = generate_until(Leader(backend), prompts, Generation((stop, "<user>"), 40, 0.0, 1.0), 0, progress)
    for one, tokens in zip(whole, staged, strict=True):
        text = backend.tokenizer.decode(tokens, skip_special_tokens=True)
        assert text.split(stop)[0] == one.text.split(stop)[0]
        assert tokens == one.token_ids[: len(tokens)]
        if stop in one.text:
            assert stop in text
            assert stop not in backend.tokenizer.decode(tokens[:-1], skip_special_tokens=True)
        else:
            assert tokens == one.token_ids
    assert progress == sorted(progress)
    assert progress[-1] == (len(prompts), len(prompts))
    assert len({done for done, _ in progress}) > 2


def test_a_prompt_given_twice_is_sampled_twice(backend, prompts, monkeypatch):
    monkeypatch.setattr(generation, "FIRST_STAGE", 3)
    many = [prompts[1]] * 24
    wanted = Generation(("Wait",), 40, 3.0, 1.0)
    first, again, other = (generate_until(Leader(backend), many, wanted, seed, Record()) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    assert len(set(first)) > 12


def test_special_tokens_are_stop_strings():
    tokenizer = AutoTokenizer.from_pretrained(model_path())
    tokens = tuple(tokenizer.encode("3 + 7<assistant>9 - 4"))
    assert until_stop(tokenizer, tokens, ("<assistant>",)) == tokens[:4]
    assert until_stop(tokenizer, tokens, ("9", "7")) == tokens[:3]
    assert until_stop(tokenizer, tokens, ("8",)) is None
    assert until_stop(tokenizer, tokens, ()) is None


def test_chat_templates(backend):
    """Thinking is off where the template knows the switch; a system message that it refuses is left out, once said."""
    said = []

    class Saying(Silent):
        def say(self, text):
            said.append(text)

    lm = BackendLM(Leader(backend), Saying())
    lm.tokenizer = copy.deepcopy(backend.tokenizer)
    lm.tokenizer.chat_template = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{{ messages[0]['content'] }}{% if add_generation_prompt %}>{% endif %}"
        "{% if enable_thinking is defined and not enable_thinking %}calm{% endif %}"
    )
    turns = [{"role": "system", "content": "Be"}, {"role": "user", "content": "1"}]
    assert lm.apply_chat_template(turns[1:]) == "1>calm"
    assert not said
    assert [lm.apply_chat_template(turns) for _ in range(2)] == ["1>calm"] * 2
    assert said == ["lm-eval: the chat template takes no system message, so it is left out"]
    assert lm.chat_template(True) == lm.tokenizer.chat_template


def test_generation_kwargs():
    def read(**kwargs):
        return read_generation(kwargs, "--tasks: x")

    assert read(until=["Q:", ""], do_sample=False, temperature=0.7) == Generation(("Q:",), 256, 0.0, 1.0)
    assert read(until="\n", max_new_tokens=9, temperature=0.5) == Generation(("\n",), 9, 0.5, 1.0)
    assert read(max_gen_toks=7, max_new_tokens=9, do_sample=True, top_p=0.9) == Generation((), 7, 1.0, 0.9)
    assert read(do_sample=False, top_k=5, top_p=0.3, num_beams=1) == Generation((), 256, 0.0, 1.0)
    for wrong in ({"num_beams": 10}, {"do_sample": True, "top_k": 5}, {"repetition_penalty": 1.1}, {"spam": 1}):
        with pytest.raises(UserError, match=r"^--tasks: x: .*" + list(wrong)[-1]):
            read(**wrong)


def test_likeliest_tokens_by_hand(tiny_model, prompts, monkeypatch):
    """Greedy answers of a model that is rarely sure are greedy; with one token changed they are not."""
    monkeypatch.setattr(continuations, "SLICE", 2)
    backend = open_backend(BackendConfig(device="cpu", threads=1), tiny_model, 0)
    answers = [c.token_ids for (c,) in backend.generate(prompts, Sampling(30, temperature=0))]
    pairs = list(zip(prompts, answers, strict=True))
    scores = backend.score([(*prompt, *answer) for prompt, answer in pairs])
    changed = []
    for (prompt, answer), row in zip(pairs, scores, strict=True):
        unsure = [i for i, value in enumerate(row[len(prompt) :].tolist()) if value < continuations.CERTAIN]
        assert len(unsure) > 1  # so that one generated token is not enough
        changed += [(prompt, (*answer[:at], (answer[at] + 1) % 60)) for at in (unsure[0], unsure[-1])]
    progress = Record()
    scored = score_continuations(Leader(backend), pairs + changed, progress)
    assert [greedy for _, greedy in scored] == [True] * len(pairs) + [False] * len(changed)
    assert progress[-1] == (15, 15)
    assert {greedy for _, greedy in score_continuations(Leader(backend), pairs, progress, greedy=False)} == {False}
    backend.close()


def test_an_answer_longer_than_the_context(backend):
    with pytest.raises(UserError, match="513 tokens does not fit"):
        score_continuations(Leader(backend), [((5,), (6,) * 513)], Record())
    longest = [((5, 6), (1,) * 512), ((5, 6), (*(6,) * 511, 1))]
    (first, greedy), (last, also) = score_continuations(Leader(backend), longest, Record())
    assert first < last < 0
    assert not greedy
    assert not also


def test_too_many_tokens_for_the_context(backend, tmp_path):
    manager = made_manager(tmp_path)
    prepared = prepare_lm_eval_tasks(["arithmetic"], manager=manager, max_new_tokens=512)
    with pytest.raises(UserError, match="up to 512 tokens, and the model's context is 512"):
        evaluate_lm_eval_tasks(prepared, backend, reporter=Silent(), limit=2)


def test_errors_of_rank_0_end_the_others(backend):
    """A single process hears itself: the order in which things are announced."""
    heard = []

    class Listening:
        rank, world_size = 0, 2

        def broadcast(self, value):
            heard.append(value)
            return value

        def score(self, sequences):
            raise RunError("out of memory")

    def work(leader):
        raise error

    for error in (UserError("no such task"), ZeroDivisionError("division by zero")):
        with pytest.raises(type(error)):
            run_on_rank_0(Listening(), work)
    assert [str(end.error) for end in heard] == ["no such task", "rank 0 stopped: ZeroDivisionError: division by zero"]
    with pytest.raises(RunError):
        run_on_rank_0(Listening(), lambda leader: leader.score([(1,)]))
    assert len(heard) == 3  # the call, and no end: the other ranks are in the call


def sampled_and_scored(backend, manager):
    prepared = prepare_lm_eval_tasks(["sampled", "arc_easy"], manager=manager)
    return evaluate_lm_eval_tasks(prepared, backend, reporter=reporter_for(backend.rank), limit=6, seed=3)


def main(folder: Path) -> None:
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    manager = TaskManager(include_defaults=False, include_path=str(folder))
    results = sampled_and_scored(backend, manager)
    assert (results is None) == (backend.rank > 0)
    with pytest.raises(UserError, match="nonsense"):
        prepare_lm_eval_tasks(["nonsense"], manager=manager)
    (folder / f"refused-{backend.rank}").touch()
    if results is not None:
        (folder / f"{backend.world_size}.json").write_text(json.dumps(results))
    backend.close()


def test_two_processes_give_what_one_gives(backend, tmp_path):
    data = write_rows(tmp_path / "rows.jsonl", [{"q": question, "a": "1"} for question in QUESTIONS])
    task = {
        "task": "sampled", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test", "doc_to_text": "{{q}}", "doc_to_target": "{{a}}", "repeats": 2,
        "generation_kwargs": {"until": [" ; "], "do_sample": True, "temperature": 2.0, "max_gen_toks": 30},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }  # fmt: skip
    (tmp_path / "sampled.yaml").write_text(json.dumps(task))
    one = sampled_and_scored(backend, made_manager(tmp_path))
    run_python([__file__, str(tmp_path)], 2, PYTHONPATH=str(Path(__file__).parent))
    two = json.loads((tmp_path / "2.json").read_text())
    assert (tmp_path / "refused-0").exists()
    assert (tmp_path / "refused-1").exists()
    texts = [[sample["resps"][0] for sample in results["samples"]["sampled"]] for results in (one, two)]
    assert texts[0] == texts[1]
    assert any(a != b for a, b in texts[0])
    assert not any(" ; " in text for pair in texts[0] for text in pair)
    for a, b in zip(one["samples"]["arc_easy"], two["samples"]["arc_easy"], strict=True):
        for (got,), (expected,) in zip(a["resps"], b["resps"], strict=True):
            assert got == [pytest.approx(expected[0], rel=1e-5), expected[1]]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
