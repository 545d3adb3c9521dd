import json

import pytest

from sdzero_bench.config import QuestionsConfig
from sdzero_bench.errors import UserError
from sdzero_bench.questions import describe_sources, load_questions, prepare
from sdzero_bench.types import Extraction
from sdzero_bench.verify.math import judge

GSM8K = {
    "question": "How many?",
    "answer": "Tom has 7 + 5 = <<7+5=12>>12 eggs.\n12 * 100 = <<12*100=1200>>1,200\n#### 1,200",
}


def write(path, *rows):
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return str(path)


def test_json_lines(tmp_path):
    spec = write(
        tmp_path / "set.jsonl",
        {"problem": "3 + 7?", "answer": "10", "solution": r"3 + 7 = 10, so \boxed{10}", "id": "a"},
        "",
        {"question": "half?", "answer": 0.5, "solution": "Half is 0.5."},
        {"problem": "none", "answer": r"\frac{1}{2}", "other": None},
    )
    first, second, third = load_questions(spec)
    assert first.messages == ({"role": "user", "content": "3 + 7?"},)
    assert (first.id, first.answer, first.solution) == ("a", "10", r"3 + 7 = 10, so \boxed{10}")
    assert (first.extraction, first.judge) == (Extraction.BOXED, "math")
    assert (second.id, second.answer) == ("set/3", "0.5")
    assert judge(second, second.solution or "").reward == 1  # the box was added
    assert third.solution is None
    assert load_questions(spec) == [first, second, third]


def test_gsm8k_answers(tmp_path):
    (question,) = load_questions(write(tmp_path / "set.jsonl", GSM8K))
    assert question.answer == "1200"
    assert question.solution == "Tom has 7 + 5 = 12 eggs.\n12 * 100 = 1,200\nThe answer is \\boxed{1200}"
    assert question.extraction is Extraction.BOXED_OR_LAST_NUMBER
    assert judge(question, question.solution).reward == 1


def test_field_names_as_options(tmp_path):
    spec = write(tmp_path / "set.jsonl", {"prompt": "1 + 1?", "gold": "2", "answer": "no"})
    (question,) = load_questions(f"{spec}?question=prompt&answer=gold")
    assert (question.messages[0]["content"], question.answer) == ("1 + 1?", "2")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "holds no questions"),
        (["", ""], "holds no questions"),
        ([{"problem": "x", "answer": "1"}, "{oops"], "set.jsonl:2 is not JSON"),
        (["[1, 2]"], "set.jsonl:1 is not an object"),
        ([{"problem": "x"}], "set.jsonl:1: field 'answer' is missing; it has: problem"),
        ([{"text": "x", "answer": "1"}], "set.jsonl:1: field 'problem' or 'question' is missing"),
        ([{"problem": " ", "answer": "1"}], "set.jsonl:1: field 'problem' or 'question' is empty"),
        ([{"problem": "x", "answer": ""}], "set.jsonl:1: field 'answer' is empty"),
        ([{"problem": "x", "answer": ["1"]}], "must be text or a number"),
        ([{"problem": "x", "answer": True}], "must be text or a number"),
        ([{"problem": "x", "answer": "worked ####"}], "nothing after its last ####"),
        ([{"problem": "x", "answer": "1", "id": 7}] * 2, "set.jsonl:2: id '7' is already taken by .*set.jsonl:1"),
    ],
)
def test_bad_files(tmp_path, rows, says):
    with pytest.raises(UserError, match=says) as error:
        load_questions(write(tmp_path / "set.jsonl", *rows))
    assert "\n" not in str(error.value)


def test_unreadable_files(tmp_path):
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot read"):
        load_questions(str(tmp_path / "bytes.jsonl"))
    with pytest.raises(UserError, match="no such file"):
        load_questions(str(tmp_path / "missing.jsonl"))
    with pytest.raises(UserError, match="write hf:"):
        load_questions(str(tmp_path))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("arithmetics", "did you mean arithmetic"),
        ("", "unknown question set"),
        ("x" * 5000, "unknown question set"),
        ("arithmetic?sise=3", "did you mean size"),
        ("arithmetic?size=0", "size=0"),
        ("arithmetic?size=-1", "size=-1"),
        ("arithmetic?size=many", "size=many"),
        ("arithmetic?size", "no option"),
        ("arithmetic?size=1&size=2", "twice"),
        ("arithmetic?terms=a-b", "terms=a-b"),
        ("arithmetic?split=nowhere", "nowhere"),
        ("reasoning_gym:chain_sums", "did you mean chain_sum"),
        ("reasoning_gym:composite", "no generator 'composite'"),
        ("reasoning_gym:chain_sum?min_term=2", "unknown parameter 'min_term'.*did you mean min_terms"),
        ("reasoning_gym:chain_sum?min_terms=two", "must be of type int"),
        ("reasoning_gym:chain_sum?min_terms=5&max_terms=2", "cannot make such questions"),
        ("reasoning_gym:chain_sum?size=0", "size=0"),
    ],
)
def test_bad_specifications(spec, says):
    with pytest.raises(UserError, match=says) as error:
        load_questions(spec)
    assert "\n" not in str(error.value)


def test_arithmetic():
    questions = load_questions("arithmetic?split=train&size=20&terms=3", seed=5)
    assert len({question.id for question in questions}) == 20
    assert questions == load_questions("arithmetic?split=train&size=20&terms=3-3&seed=5")
    assert questions != load_questions("arithmetic?split=train&size=20&terms=3", seed=6)
    assert all(judge(question, question.solution or "").reward == 1 for question in questions)


def test_reasoning_gym():
    questions = load_questions("reasoning_gym:chain_sum?size=12&min_terms=2&max_terms=2&max_digits=1", seed=3)
    assert len({question.id for question in questions}) == 12
    assert questions == load_questions("reasoning_gym:chain_sum?size=12&min_terms=2&max_terms=2&max_digits=1&seed=3")
    assert questions != load_questions("reasoning_gym:chain_sum?size=12&min_terms=2&max_terms=2&max_digits=1&seed=4")
    assert all(len(question.messages[0]["content"].split(" + ")) <= 2 for question in questions)
    assert {(q.judge, q.extraction, q.domain) for q in questions} == {
        ("reasoning_gym", Extraction.BOXED_OR_LAST_NUMBER, "arithmetic")
    }
    json.dumps([dict(question.meta) for question in questions])
    assert load_questions("reasoning_gym:word_sorting?size=3")[0].extraction is Extraction.BOXED


def test_hugging_face_folder(tmp_path, monkeypatch):
    import datasets
    import pandas as pd

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "gsm8k"
    (folder / "main").mkdir(parents=True)
    pd.DataFrame([GSM8K] * 3).to_parquet(folder / "main" / "train-00000-of-00001.parquet")
    pd.DataFrame([GSM8K]).to_parquet(folder / "main" / "test-00000-of-00001.parquet")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: main\n  data_files:\n  - split: train\n    path: main/train-*\n"
        "  - split: test\n    path: main/test-*\n---\n"
    )
    questions = load_questions(f"hf:{folder}?config=main")
    assert [question.id for question in questions] == ["gsm8k/train/0", "gsm8k/train/1", "gsm8k/train/2"]
    assert {(question.answer, question.extraction) for question in questions} == {
        ("1200", Extraction.BOXED_OR_LAST_NUMBER)
    }
    assert len(load_questions(f"hf:{folder}?config=main&split=test")) == 1
    for options, says in (
        ("config=main&split=validation", "validation"),
        ("config=other", "other"),
        ("config=main&answer=gold", "row 0: field 'gold' is missing; it has: question, answer"),
        ("config=main&anwser=gold", "did you mean answer"),
    ):
        with pytest.raises(UserError, match=says) as error:
            load_questions(f"hf:{folder}?{options}")
        assert "\n" not in str(error.value)


def test_hugging_face_folder_of_json_lines(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "openr1").mkdir()
    write(
        tmp_path / "openr1" / "train.jsonl", {"problem": "1 + 1?", "answer": "2", "solution": "It is 2.", "uuid": "u1"}
    )
    (question,) = load_questions(f"hf:{tmp_path / 'openr1'}?id=uuid")
    assert (question.id, question.answer, question.extraction) == ("u1", "2", Extraction.BOXED)


def test_no_network_is_one_clear_line(monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="hub cannot be reached") as error:
        load_questions("hf:sdzero-bench/no-such-set")
    assert "\n" not in str(error.value)


def test_prepare():
    questions = load_questions("arithmetic?size=1")
    suffix = r"Please reason step by step, and put your final answer within \boxed{}."
    config = QuestionsConfig(
        train="arithmetic", evaluation="arithmetic", prompt_suffix=suffix, system_prompt="Be brief."
    )
    (shaped,) = prepare(questions, config)
    asked = questions[0].messages[-1]["content"]
    assert shaped.messages == (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"{asked}\n{suffix}"},
    )
    assert prepare([shaped], config) == [shaped]  # nothing twice
    assert questions[0].messages[-1]["content"] == asked
    changed = config.model_copy(update={"prompt_suffix": " Go.", "extraction": Extraction.BOXED_OR_LAST_NUMBER})
    (other,) = prepare(questions, changed)
    assert other.messages[-1]["content"] == f"{asked} Go."
    assert other.extraction is Extraction.BOXED_OR_LAST_NUMBER
    assert shaped.extraction is questions[0].extraction


def test_examples_of_the_sources_load():
    sources = {source.name: source.example for source in describe_sources()}
    assert len(load_questions(sources["arithmetic"])) == 4000
    assert len(load_questions(sources["reasoning-gym generator"])) == 200
