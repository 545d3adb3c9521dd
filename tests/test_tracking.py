"""Real trackers on a real run: what they hold, after SIGKILL and a resume too, and that it is the same run without."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from launch import SMALL_RFT
from read_trackers import tensorboard_scalars, trackio_points, wandb_points, wandb_records

from sdzero_bench.config_files import dump_config, load_config
from sdzero_bench.errors import UserError
from sdzero_bench.rundir import RunDirectory, read_lines
from sdzero_bench.session import load_and_plan, open_session, train
from sdzero_bench.tracking.names import TrackerName

INSTALLED = [name for name in TrackerName if find_spec(name) is not None]
WITHOUT_CLOCK = {"rounds/01/metrics-rft.jsonl", "rounds/01/samples-sample.parquet", "rounds/01/eval/samples.parquet"}
CHECKPOINT_EVERY = 4

pytestmark = pytest.mark.skipif(not INSTALLED, reason="no tracker is installed")


@pytest.fixture(scope="module", autouse=True)
def _trackers_stay_here(tmp_path_factory):
    """Before trackio is imported, and for the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKIO_DIR", str(tmp_path_factory.mktemp("trackio")))
        patch.setenv("WANDB_MODE", "offline")
        yield


@pytest.fixture(scope="module")
def config():
    settings = [f"checkpoint_every={CHECKPOINT_EVERY}" if "checkpoint_every" in one else one for one in SMALL_RFT]
    return load_config(None, settings, model="embedded", method="rft")


@pytest.fixture(scope="module")
def session(config):
    with open_session(config, load_and_plan(config)) as opened:
        yield opened


@pytest.fixture(scope="module")
def alone(session, config, tmp_path_factory):
    """A run that nobody follows."""
    out = tmp_path_factory.mktemp("alone") / "run"
    train(session, config, RunDirectory(out))
    return out


@pytest.fixture(scope="module")
def followed(session, config, tmp_path_factory):
    """The same run in every tracker that is installed."""
    out, here = tmp_path_factory.mktemp("followed") / "run", tmp_path_factory.mktemp("here")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        train(session, config, RunDirectory(out), trackers=INSTALLED)
    assert not list(here.iterdir())  # trackers write into the run, or into folders of their own
    return out


def another_process(run, copy):
    """The run as a later process finds it: this one holds the lock of the original."""
    return shutil.copytree(run, copy, ignore=shutil.ignore_patterns(".lock"))


def points(run, name):
    """What a tracker holds, without seconds: {metric: [(update, value), ...]}."""
    if name is TrackerName.TENSORBOARD:
        series = tensorboard_scalars(run)
    else:
        identity = json.loads((run / "tracking.json").read_text())["id"]
        held = wandb_points(run) if name is TrackerName.WANDB else trackio_points("sdzero-bench", f"rft-s0-{identity}")
        series = {}
        for update, figures in held:
            for metric, value in figures.items():
                series.setdefault(metric, []).append((update, value))
    return {
        metric: [(update, pytest.approx(value, rel=1e-6)) for update, value in made]
        for metric, made in series.items()
        if not metric.startswith("time/")
    }


@pytest.mark.parametrize("name", INSTALLED)
def test_a_tracker_holds_what_the_run_directory_holds(name, followed):
    held = points(followed, name)
    rows = read_lines(followed / "rounds/01/metrics-rft.jsonl")
    for metric in ("loss", "grad_norm", "learning_rate"):
        assert held[f"train/{metric}"] == [(count, row[metric]) for count, row in enumerate(rows, 1)]
    evaluations = [json.loads((followed / f"rounds/0{n}/eval/metrics.json").read_text()) for n in (0, 1)]
    for metric, figure in {"accuracy": "accuracy", "pass@1": "pass_at_1", "response_length": "length_mean"}.items():
        assert held[f"eval/{metric}"] == [
            (update, record["evaluation"][figure]) for update, record in zip((0, len(rows)), evaluations, strict=True)
        ]
    sampled = json.loads((followed / "rounds/01/sample.json").read_text())
    assert held["rollout/sample/reward"] == [(0, sampled["right"] / 72)]
    trained = json.loads((followed / "rounds/01/rft.json").read_text())["cost"]
    assert held["budget/trained_tokens"][-1] == (len(rows), trained["trained_tokens"])
    assert held["budget/samples"][-1] == (len(rows), 72)
    assert [update for update, _ in held["budget/updates"]] == [0, 0, *range(1, len(rows) + 1), len(rows), len(rows)]
    assert [value for _, value in held["round"]] == [0] + [1] * (len(rows) + 3)


def test_the_run_is_the_same_with_and_without(alone, followed):
    for name in WITHOUT_CLOCK | {"run.yaml", "notes.jsonl"}:
        assert (alone / name).read_bytes() == (followed / name).read_bytes(), name


def test_the_resolved_config_is_with_the_run(followed):
    if TrackerName.WANDB in INSTALLED:
        (run,) = [record.run for record in wandb_records(followed) if record.WhichOneof("record_type") == "run"]
        sent = {item.key: json.loads(item.value_json) for item in run.config.update}
        assert (sent["rft"]["batch_size"], sent["seed"]) == (4, 0)
        assert run.display_name == "rft-s0"
    if TrackerName.TRACKIO in INSTALLED:
        import trackio

        identity = json.loads((followed / "tracking.json").read_text())["id"]
        (kept,) = [one for one in trackio.Api().runs("sdzero-bench") if one.name == f"rft-s0-{identity}"]
        assert kept.config["rft"]["batch_size"] == 4
    if TrackerName.TENSORBOARD in INSTALLED:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        events = EventAccumulator(str(followed / "tensorboard")).Reload()
        content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
        assert HParamsPluginData.FromString(content).session_start_info.hparams["rft.batch_size"].number_value == 4
        assert "config/text_summary" in events.Tags()["tensors"]


def test_killed_and_resumed_it_is_one_run_without_repetitions(session, config, followed, tmp_path):
    run, file = tmp_path / "run", tmp_path / "config.yaml"
    file.write_text(dump_config(config))
    words = ["train", "--config", str(file), "--out", str(run), "--track", ",".join(INSTALLED)]
    alone = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}  # not this process's own
    process = subprocess.Popen(
        [sys.executable, "-m", "sdzero_bench", *words], stderr=subprocess.PIPE, text=True, env=alone
    )
    deadline = time.monotonic() + 120
    while _updates(run) < CHECKPOINT_EVERY + 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, process.stderr.read()
    assert not (run / "rounds/01/rft.json").exists()  # the updates after the checkpoint are made again
    assert _updates(run) > CHECKPOINT_EVERY
    train(session, config, RunDirectory(run), trackers=INSTALLED)
    for name in INSTALLED:
        assert points(run, name) == points(followed, name), name
    if TrackerName.WANDB in INSTALLED:
        assert len(list(run.glob("wandb/offline-run-*"))) == 2  # two processes, the same id
        steps = [int(update) for update, _ in wandb_points(run)]
        assert steps == sorted(steps)


def _updates(run: Path) -> int:
    """How many losses are logged, as far as the first tracker is asked."""
    if not (run / "rounds/01/checkpoint-rft-000004").exists():
        return 0
    if INSTALLED[0] is TrackerName.TENSORBOARD:
        return len(tensorboard_scalars(run).get("train/loss", ()))
    time.sleep(0.3)
    return CHECKPOINT_EVERY + 2


@pytest.mark.skipif(TrackerName.TENSORBOARD not in INSTALLED, reason="tensorboard is not installed")
def test_a_run_that_was_not_followed_is_told_from_its_start(session, config, alone, followed, tmp_path):
    run = alone
    for count, trackers in enumerate([[TrackerName.TENSORBOARD], [], [TrackerName.TENSORBOARD]]):
        run = another_process(run, tmp_path / str(count))
        train(session, config, RunDirectory(run), trackers=trackers)
        assert points(run, TrackerName.TENSORBOARD) == points(followed, TrackerName.TENSORBOARD)


@pytest.mark.skipif(TrackerName.TENSORBOARD not in INSTALLED, reason="tensorboard is not installed")
def test_a_tracker_that_fails_half_way_does_not_stop_the_run(session, config, followed, tmp_path, monkeypatch, capfd):
    from torch.utils.tensorboard import SummaryWriter

    add_scalar, calls = SummaryWriter.add_scalar, []

    def failing(self, tag, *rest, **options):
        if tag == "train/loss":
            calls.append(tag)
        if len(calls) > 3:
            raise ConnectionError("the disk\nis gone")
        return add_scalar(self, tag, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(SummaryWriter, "add_scalar", failing)
        train(session, config, RunDirectory(tmp_path / "run"), trackers=[TrackerName.TENSORBOARD])
    said = [line for line in capfd.readouterr().err.splitlines() if "tensorboard" in line]
    assert said == ["tensorboard: ConnectionError: the disk is gone; the run goes on without it"]
    for name in WITHOUT_CLOCK:
        assert (tmp_path / "run" / name).read_bytes() == (followed / name).read_bytes(), name
    assert len(tensorboard_scalars(tmp_path / "run")["train/loss"]) == 3
    later = another_process(tmp_path / "run", tmp_path / "later")  # the tracker works again
    train(session, config, RunDirectory(later), trackers=[TrackerName.TENSORBOARD])
    assert points(later, TrackerName.TENSORBOARD) == points(followed, TrackerName.TENSORBOARD)


def test_only_rank_0_logs(config, tmp_path):
    from sdzero_bench.tracking.opening import tracked
    from sdzero_bench.tracking.tracker import Untracked

    with tracked(INSTALLED, RunDirectory(tmp_path / "run", writable=False), config, print) as tracking:
        assert isinstance(tracking, Untracked)
    assert not (tmp_path / "run").exists()


def test_after_a_failure_the_next_run_of_the_process_is_another_one(config, tmp_path, monkeypatch):
    """A comparison's methods follow each other: what one's wandb run lost does not land in the next one's."""
    wandb = pytest.importorskip("wandb")
    from sdzero_bench.tracking.guarded import Guarded
    from sdzero_bench.tracking.identity import identity_of
    from sdzero_bench.tracking.to_wandb import Wandb

    said = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        identity = identity_of(tmp_path / name, config)
        tracker = Guarded("wandb", lambda identity=identity: Wandb(identity, {}, lambda _: None), said.append)
        if name == "one":
            with monkeypatch.context() as patch:
                patch.setattr(wandb.Run, "log", lambda *_, **__: 1 / 0)
                tracker.log({"round": 0.0}, 0)
        else:
            tracker.log({"round": 0.0}, 0)
            tracker.close(True)
    assert len(said) == 1
    assert len(wandb_records(tmp_path / "two")) > 1


def test_a_spoilt_identity_is_refused(config, tmp_path):
    from sdzero_bench.tracking.identity import identity_of

    (tmp_path / "tracking.json").write_text("{}")
    with pytest.raises(UserError, match=r"tracking.json holds no id; delete it"):
        identity_of(tmp_path, config)
