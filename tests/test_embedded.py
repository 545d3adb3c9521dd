"""The embedded model: its tokenizer, the corpus it was made from, and what the checkpoint can do."""

import itertools
import json
import random
import re

import pytest

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig, ControlPhrases, SDFTConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.embedded.build import CONTEXT, TrainingRecipe, build
from sdzero_bench.embedded.corpus import CorpusRecipe, documents, misconception, write
from sdzero_bench.embedded.measure import is_right
from sdzero_bench.embedded.tokenizer import PIECES, build_tokenizer
from sdzero_bench.types import Sampling
from sdzero_tasks.arithmetic import chains, questions, right_results

CONTROL = ControlPhrases()


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_path())


@pytest.fixture(scope="module")
def backend():
    backend = open_backend(BackendConfig(device="cpu"), model_path(), 0)
    yield backend
    backend.close()


def test_text_of_the_task_survives_the_tokenizer(tokenizer):
    for question in questions("evaluation", 200, (2, 6), 0):
        asked, solution = question.messages[0]["content"], question.solution
        revised = f"{solution}{CONTROL.separator}{CONTROL.wrong}{CONTROL.separator}{solution}"
        shown = SDFTConfig().template.format(question=asked, demonstration=solution)
        for text in (asked, solution, revised, shown):
            ids = tokenizer(text)["input_ids"]
            assert tokenizer.unk_token_id not in ids
            assert tokenizer.decode(ids, skip_special_tokens=True) == text


@pytest.mark.parametrize("phrase", [CONTROL.right, CONTROL.wrong])
def test_control_phrases_have_no_unknown_words_and_tokenise_alike_alone_and_in_place(tokenizer, phrase):
    alone = tokenizer(f"\n\n{phrase}\n\n")["input_ids"]
    assert tokenizer.unk_token_id not in alone
    assert tokenizer.decode(alone) == f"\n\n{phrase}\n\n"
    draft = tokenizer("so \\boxed{-4}")["input_ids"]
    assert tokenizer(f"so \\boxed{{-4}}\n\n{phrase}\n\n")["input_ids"] == draft + alone


def test_a_number_of_several_digits_is_one_number_in_the_text(tokenizer):
    ids = tokenizer("so \\boxed{-14}")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["so ", "\\boxed{", "-", "1", "4", "}"]


def test_unknown_text_is_marked_and_does_not_swallow_its_neighbours(tokenizer):
    assert tokenizer.tokenize("zebra 3 + 4") == ["<unk>", "3", " + ", "4"]


def test_chat_template(tokenizer):
    chat = [{"role": "system", "content": "Now answer"}, {"role": "user", "content": "3 + 7 = ?"}]
    prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert prompt == "<system>Now answer<user>3 + 7 = ?<assistant>"
    chat.append({"role": "assistant", "content": "so \\boxed{10}"})
    whole = tokenizer.apply_chat_template(chat, tokenize=False)
    assert whole == f"{prompt}so \\boxed{{10}}{tokenizer.eos_token}"
    assert tokenizer.unk_token_id not in tokenizer(whole)["input_ids"]
    with pytest.raises(Exception, match="unknown role: tool"):
        tokenizer.apply_chat_template([{"role": "tool", "content": "3"}], tokenize=False)


def test_the_stored_tokenizer_is_the_one_the_code_builds(tokenizer):
    built = build_tokenizer(CONTEXT)
    assert tokenizer.get_vocab() == built.get_vocab()
    assert tokenizer.chat_template == built.chat_template
    assert len(PIECES) + 6 == len(tokenizer)
    assert tokenizer.model_max_length == CONTEXT


def test_documents_are_prompted_answered_and_ended(tokenizer):
    for document in itertools.islice(documents(CorpusRecipe(), tokenizer), 300):
        text = tokenizer.decode(document.tokens)
        prompt, _, response = text.partition("<assistant>")
        assert prompt.startswith("<user>")
        assert tokenizer.unk_token_id not in document.tokens
        assert response.endswith(tokenizer.eos_token)
        assert response.count(tokenizer.eos_token) == 1  # none after a draft that goes on
        first = document.tokens.index(tokenizer.convert_tokens_to_ids("<assistant>")) + 1
        assert not any(document.weights[:first])
        assert document.weights[first] == document.weights[-1] == 1
        for part in response.split("\n\n")[1::2]:
            assert part in (CONTROL.right, CONTROL.wrong)


def test_revisions_are_no_better_than_drafts_and_phrases_tell_nothing(tokenizer):
    right: dict[str, list[bool]] = {"draft": [], "revision": [], CONTROL.right: [], CONTROL.wrong: []}
    for document in itertools.islice(documents(CorpusRecipe(demonstrated=0), tokenizer), 6_000):
        question, _, response = tokenizer.decode(document.tokens).partition("<assistant>")
        answer = str(sum(map(int, re.findall(r"[+-]?\d+", question.replace(" ", "")))))
        draft, *rest = response.split("\n\n")
        if rest:
            right["draft"].append(f"\\boxed{{{answer}}}" in draft)
            right["revision"].append(f"\\boxed{{{answer}}}" in rest[1])
            right[rest[0]].append(right["draft"][-1])
    shares = {name: sum(flags) / len(flags) for name, flags in right.items()}
    assert abs(shares["draft"] - shares["revision"]) < 0.05
    assert abs(shares[CONTROL.right] - shares[CONTROL.wrong]) < 0.05
    assert 0.4 < shares["draft"] < 0.8


def test_where_a_phrase_was_put_in_from_outside_going_on_is_not_learned(tokenizer):
    blank = tokenizer.convert_tokens_to_ids("\n\n")
    draws = itertools.islice(documents(CorpusRecipe(revised=1, demonstrated=0), tokenizer), 2_000)
    weights = [document.weights[document.tokens.index(blank)] for document in draws]
    assert 0.12 < sum(weights) / len(weights) < 0.18


def test_misconceptions_are_the_same_every_time_and_as_many_as_stated():
    recipe = CorpusRecipe()
    facts = [(before, term) for before in range(-20, 40) for term in range(-9, 10) if term]
    wrong = [misconception(recipe, *fact) for fact in facts]
    assert wrong == [misconception(recipe, *fact) for fact in facts]
    assert 0.25 < sum(offset != 0 for offset in wrong) / len(facts) < 0.35
    rng = random.Random(0)
    draws = chains("pretraining", (3, 5), rng)
    without = CorpusRecipe(misconceived=0)
    for chain in (draws.draw() for _ in range(100)):
        assert write(without, chain, rng).endswith(f"so \\boxed{{{right_results(chain)[-1]}}}")


def test_the_checkpoint_is_small_plain_and_fit_for_vllm():
    from transformers import AutoModelForCausalLM

    folder = model_path()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 10_000_000
    assert not list(folder.glob("*.py"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.config.model_type == "qwen3"
    assert model.config.head_dim == 32
    assert model.config.tie_word_embeddings
    assert model.generation_config.eos_token_id == model.config.eos_token_id == build_tokenizer(CONTEXT).eos_token_id
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["corpus"] == json.loads(json.dumps(_fields(CorpusRecipe())))
    assert recipe["training"] == _fields(TrainingRecipe())


def _fields(recipe):
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def _prompts(backend, asked):
    return [
        tuple(backend.tokenizer.apply_chat_template(list(q.messages), add_generation_prompt=True, return_dict=False))
        for q in asked
    ]


def test_the_base_is_wrong_on_a_good_part_of_the_task_even_when_greedy(backend):
    asked = questions("evaluation", 100, (3, 5), 0)
    answers = backend.generate(_prompts(backend, asked), Sampling(max_new_tokens=160, temperature=0))
    right = sum(is_right(question, completions[0]) for question, completions in zip(asked, answers, strict=True))
    assert 25 <= right <= 70


@pytest.mark.parametrize("phrase", [CONTROL.right, CONTROL.wrong])
def test_the_base_goes_on_with_a_solution_after_either_phrase(backend, phrase):
    asked = questions("evaluation", 40, (3, 5), 1)
    tokenizer = backend.tokenizer
    prompts = [
        prompt + tuple(tokenizer(f"{question.solution}\n\n{phrase}\n\n")["input_ids"])
        for prompt, question in zip(_prompts(backend, asked), asked, strict=True)
    ]
    answers = backend.generate(prompts, Sampling(max_new_tokens=160, temperature=1.0))
    assert sum("so \\boxed{" in completions[0].text for completions in answers) >= 38


def test_a_build_is_reproducible_and_learns(tmp_path):
    short = TrainingRecipe(steps=12, documents_per_step=8, threads=1)
    first, again = (build(tmp_path / name, CorpusRecipe(), short, measured=False) for name in ("a", "b"))
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert first["final_loss"] == again["final_loss"] < 4.2  # ln 60 = 4.09 is what guessing costs
