"""`launch`: shipped profiles, exact command lines, what the user's settings override, refusals, and real processes."""

import os
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from sdzero_backends.vllm_deepspeed.options import read_options
from sdzero_bench.config import BackendConfig
from sdzero_bench.config_files import dump_config, load_config
from sdzero_bench.errors import UserError
from sdzero_bench.launching.adjusting import adjust
from sdzero_bench.launching.command import launch_command
from sdzero_bench.launching.profile import Profile
from sdzero_bench.launching.profiles import load_profile, profile_names
from sdzero_bench.launching.settings import profile_settings

PYTHON = sys.executable
TORCHRUN = [PYTHON, "-m", "torch.distributed.run"]
ENGINE = ["--set", "backend.name=hf-accelerate"]


def launch(*words: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "COLUMNS")}
    done = subprocess.run(
        [PYTHON, "-m", "sdzero_bench", "launch", *words], capture_output=True, text=True, cwd=cwd, env=environment
    )
    assert done.returncode == code, done.stderr[-4000:]
    return done


def test_shipped_profiles() -> None:
    assert profile_names() == ["cpu1", "cpu2", "gpu1", "node8", "nodes", "split"]


@pytest.mark.parametrize("name", profile_names())
def test_backend_sections_are_accepted(name: str) -> None:
    profile = load_profile(name)
    backend = BackendConfig.model_validate(profile.backend)
    assert backend.name in ("hf-accelerate", "vllm-deepspeed")
    if backend.name == "vllm-deepspeed":
        options = read_options(backend.options)
        assert profile.launcher.processes_per_node % options.tensor_parallel == 0
    # what `launch` adds reads back as the section itself
    words = profile_settings(profile, None, [])
    config = load_config(None, words, model="embedded", questions__train="arithmetic")
    assert config.backend == backend


def words(profile: Profile, node_rank: int | None = None) -> list[str]:
    return launch_command(profile, ["train", "--seed", "1"], node_rank).words


def test_command_lines() -> None:
    train = ["sdzero_bench", "train", "--seed", "1"]
    assert words(load_profile("cpu1")) == [PYTHON, "-m", *train]
    assert words(load_profile("cpu2")) == [*TORCHRUN, "--standalone", "--nproc_per_node", "2", "-m", *train]
    assert words(load_profile("node8")) == [*TORCHRUN, "--standalone", "--nproc_per_node", "8", "-m", *train]
    nodes = adjust(load_profile("nodes"), nodes=4, rendezvous="node0:29500")
    where = ["--nnodes", "4", "--node_rank", "3", "--master_addr", "node0", "--master_port", "29500"]
    assert words(nodes, 3) == [*TORCHRUN, *where, "--nproc_per_node", "8", "-m", *train]


def test_accelerate_command_line() -> None:
    profile = load_profile("cpu2")
    profile = profile.model_copy(update={"launcher": profile.launcher.model_copy(update={"command": "accelerate"})})
    options = "--multi_gpu --mixed_precision no --dynamo_backend no --num_processes 2 --num_machines 1"
    command = [PYTHON, "-m", "accelerate.commands.launch", *options.split(), "--main_process_port", "0", "-m"]
    assert words(profile) == [*command, "sdzero_bench", "train", "--seed", "1"]


def test_deepspeed_over_several_nodes(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("# ours\nnode0 slots=8\nnode1 slots=8\nnode2 slots=8\n")
    profile = adjust(load_profile("nodes"), hostfile=hosts)
    source = "arithmetic?split=train&size=40"
    texts = ["train", "-q", source, "--set", "questions.prompt_suffix=put `it` in \\boxed{}, \"$5\" or 'so'"]
    command = launch_command(profile, texts, None)
    options = ["--num_nodes", "3", "--num_gpus", "8", "--no_local_rank", "--module", "sdzero_bench"]
    start = [PYTHON, "-m", "deepspeed.launcher.runner", "--hostfile", str(hosts), *options]
    assert command.words[: len(start)] == start
    # deepspeed puts double quotes around words with blanks, pdsh joins all, and the other node's shell splits them
    sent = ['"{}"'.format(word.replace('"', '\\"')) if " " in word else word for word in command.words[len(start) :]]
    shell = ["sh", "-c", "printf '%s\\n' " + " ".join(sent)]
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout.splitlines() == texts


def test_a_line_is_what_a_shell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    command = launch_command(load_profile("cpu2"), ["train", "-q", "arithmetic?size=4&split=train"], None)
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    assert str(command).startswith(f"OMP_NUM_THREADS={threads} {shlex.quote(PYTHON)} -m torch.distributed.run ")
    assert shlex.split(str(command)) == [f"OMP_NUM_THREADS={threads}", *command.words]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")  # the user's own holds
    assert launch_command(load_profile("cpu2"), ["train"], None).environment == {}


def test_split_gives_trainers_the_gpus_that_are_no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    split = load_profile("split")
    assert split.servers is not None
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert launch_command(split, ["train"], None).environment == {"CUDA_VISIBLE_DEVICES": "0,1,2,3"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "8,9,10,11,12,13,14,15")  # a part of a larger machine
    assert launch_command(split, ["train"], None).environment == {"CUDA_VISIBLE_DEVICES": "8,9,10,11"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(UserError, match="leaves 2 GPUs"):
        launch_command(split, ["train"], None)


def test_the_users_settings_win(tmp_path: Path) -> None:
    printed = launch("-p", "cpu2", "--dry-run", "--", "train", "-s", "backend.dtype=bfloat16", cwd=tmp_path).stdout
    given = shlex.split(printed)
    config = load_config(
        None, [b for a, b in pairwise(given) if a in ("--set", "-s")],
        model="embedded", questions__train="arithmetic",
    )  # fmt: skip
    assert config.backend.dtype == "bfloat16"
    assert config.backend.name == "vllm-deepspeed"
    assert config.backend.options["zero_stage"] == 2


@pytest.mark.parametrize("engine", [ENGINE, ["--backend", "hf-accelerate"]])
def test_another_engine_gets_no_options_of_the_profiles(tmp_path: Path, engine: list[str]) -> None:
    done = launch("-p", "cpu2", "--dry-run", "train", *engine, cwd=tmp_path)
    assert "backend.options." not in done.stdout
    assert "vllm-deepspeed" not in done.stdout
    assert "backend.options are for vllm-deepspeed and are left out" in done.stderr


def test_the_same_engine_by_name_keeps_them(tmp_path: Path) -> None:
    done = launch("-p", "cpu2", "--dry-run", "train", "--backend", "vllm-deepspeed", cwd=tmp_path)
    assert "--set backend.options.zero_stage=2" in done.stdout
    assert done.stderr == ""


def test_a_run_that_goes_on_has_its_own_settings(tmp_path: Path) -> None:
    config = load_config(None, [], model="embedded", questions__train="arithmetic")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.yaml").write_text(dump_config(config))
    done = launch("-p", "cpu2", "--dry-run", "--", "train-round", "--run", "mine", cwd=tmp_path)
    assert done.stdout.endswith(" --nproc_per_node 2 -m sdzero_bench train-round --run mine\n")
    assert "the run's own config holds" in done.stderr


def test_dry_run_of_split_prints_servers_and_trainers(tmp_path: Path) -> None:
    lines = launch("-p", "split", "--dry-run", "train", "-m", "embedded", cwd=tmp_path).stdout.splitlines()
    assert len(lines) == 5
    first = shlex.split(lines[0])
    assert first[:2] == ["VLLM_SERVER_DEV_MODE=1", "CUDA_VISIBLE_DEVICES=4"]
    assert (Path(first[first.index("--model") + 1]) / "config.json").exists()
    expected = "--host 127.0.0.1 --port 8100 --tensor-parallel-size 1 --dtype bfloat16 --worker-extension-cls "
    expected += "sdzero_backends.vllm_deepspeed.worker.WeightSync --load-format dummy --skip-tokenizer-init "
    expected += "--disable-uvicorn-access-log --generation-config vllm --max-num-seqs 512 --enable-prefix-caching "
    assert lines[0].endswith(expected + "--gpu-memory-utilization 0.9 --max-model-len 512")  # the embedded model's own
    assert ["CUDA_VISIBLE_DEVICES=7" in lines[3], "--port 8103" in lines[3]] == [True, True]
    assert lines[4].startswith("CUDA_VISIBLE_DEVICES=0,1,2,3 ")
    assert not list(tmp_path.iterdir())


def test_own_servers_are_not_started(tmp_path: Path) -> None:
    elsewhere = ["--set", "backend.options.servers=['http://gpu9:8000']"]
    assert len(launch("-p", "split", "--dry-run", "train", *elsewhere, cwd=tmp_path).stdout.splitlines()) == 1


REFUSED = [
    (["-p", "cpu3", "train"], "unknown profile 'cpu3' and no such file; known: cpu1, cpu2, gpu1, node8, nodes, split"),
    (["-p", "cpu1", "table", "x"], "cannot launch 'table'; it launches train, train-round, compare, eval"),
    (["-p", "cpu1", "--processes", "2", "train"], "python starts one process"),
    (["-p", "cpu1", "train", "--set", "srt.epochz=2"], "did you mean 'epochs'?"),
    (["-p", "cpu1", "train", "--model", "./none", "-q", "arithmetic"], "no folder ./none"),
    (["-p", "cpu1", "train", "--method", "ppo"], "--method: unknown method 'ppo'"),
    (["-p", "cpu1", "compare", "--methods", "sdzero,ppo"], "--methods: unknown method 'ppo'"),
    (["-p", "cpu1", "train-round", "--run", "nowhere"], "not a run directory"),
    (["-p", "cpu2", "--node-rank", "1", "train"], "there is one node"),
    (["-p", "node8", "--processes", "9", "train"], "9 GPUs are needed"),
    (["-p", "nodes", "train"], "--rendezvous"),
    (["-p", "nodes", "--rendezvous", "node0:29500", "train"], "--node-rank: say which node this is, 0 to 1"),
    (["-p", "nodes", "--rendezvous", "node0", "--node-rank", "0", "train"], "launcher.rendezvous"),
    (["-p", "nodes", "--hostfile", "none", "train"], "--hostfile: none cannot be read"),
]


@pytest.mark.parametrize(("given", "expected"), REFUSED, ids=[" ".join(given) for given, _ in REFUSED])
def test_refused_in_one_line(tmp_path: Path, given: list[str], expected: str) -> None:
    lines = launch(*given, cwd=tmp_path, code=2).stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    assert expected in lines[0]
    assert not list(tmp_path.iterdir())


PROFILES = [
    ("launcher: [", "not readable YAML"),
    ("- cpu", "must hold fields"),
    ("description: x", "field 'machine' is missing"),
    ("machine: {memory_gb: 1, tflops: 1, bandwidth_gb_s: 0}\ndescription: x", "machine.bandwidth_gb_s"),
    ("servers: {port: 1}", "unknown field 'servers.port'; known: count, tensor_parallel, first_gpu"),
    ("backend: {dtyp: float32}", "backend: dtyp: Extra inputs are not permitted; known: name, dtype"),
    ("servers: {count: 2}", "backend.options.servers must name the servers: ['http://127.0.0.1:8100', 'http://127"),
]


@pytest.mark.parametrize(("text", "expected"), PROFILES)
def test_a_wrong_profile_is_refused_with_its_field(tmp_path: Path, text: str, expected: str) -> None:
    whole = "description: x\nmachine: {memory_gb: 1, tflops: 1, bandwidth_gb_s: 1}\n"
    path = tmp_path / "mine.yaml"
    path.write_text(whole + text if text.startswith(("servers", "backend")) else text)
    with pytest.raises(UserError) as refused:
        load_profile(str(path))
    assert expected in str(refused.value)
    assert "mine.yaml" in str(refused.value)


def test_a_profile_of_the_users_own(tmp_path: Path) -> None:
    data = yaml.safe_load((Path(__file__).parent.parent / "backends/profiles/cpu2.yaml").read_text())
    data["launcher"] |= {"processes_per_node": 3, "environment": {"GLOO_SOCKET_IFNAME": "lo"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(data))
    printed = launch("-p", "mine.yaml", "--dry-run", "--", "compare", "--quick", cwd=tmp_path).stdout
    assert "GLOO_SOCKET_IFNAME=lo " in printed
    assert "--nproc_per_node 3 " in printed
    assert printed.endswith(" --quick\n")


@pytest.mark.skipif("__import__('importlib.util').util.find_spec('deepspeed')", reason="deepspeed is installed")
def test_a_missing_launcher_names_its_extra(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("node0 slots=8\nnode1 slots=8\n")
    done = launch("-p", "nodes", "--hostfile", "hosts", "train", cwd=tmp_path, code=2)
    assert "deepspeed is not installed: pip install 'sdzero-bench[deepspeed]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.long
def test_two_real_processes_under_torchrun(tmp_path: Path) -> None:
    tiny = ["--tasks", "arithmetic?split=evaluation&size=8", "--k", "1", "--max-tokens", "16"]
    done = launch("-p", "cpu2", "--", "eval", "-m", "embedded", *tiny, *ENGINE, "-o", "out", cwd=tmp_path)
    assert done.stdout.count("Evaluation of embedded") == 1, "both ranks print"
    alone = launch("-p", "cpu1", "--", "eval", "-m", "embedded", *tiny, "-o", "one", cwd=tmp_path)
    assert alone.stdout == done.stdout


def test_the_launched_commands_failure_is_the_exit_code(tmp_path: Path) -> None:
    failing = ["train", "-m", "embedded", "-q", "missing.jsonl", *ENGINE]
    assert "missing.jsonl" in launch("-p", "cpu1", "--", *failing, cwd=tmp_path, code=2).stderr
    assert "missing.jsonl" in launch("-p", "cpu2", "--", *failing, cwd=tmp_path, code=1).stderr  # torchrun's
