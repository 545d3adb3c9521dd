"""wandb's offline files, written by wandb and read back by us: whole, of several blocks, and torn."""

import shutil

import pytest

from sdzero_bench.tracking.wandb_files import BLOCK, offline_points, offline_records

POINTS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    wandb = pytest.importorskip("wandb")
    out = tmp_path_factory.mktemp("offline")
    settings = wandb.Settings(console="off", silent=True)
    with wandb.init(project="p", id="abc", mode="offline", dir=str(out), settings=settings) as run:
        for count in range(POINTS):
            run.log({"train/loss": 1 / (count + 1), "text": "x" * (count % 97)}, step=count)
    return out / "wandb"


def test_every_point_is_read(folder):
    rows = [
        record.history for record in offline_records(folder, "abc") if record.WhichOneof("record_type") == "history"
    ]
    values = [{"/".join(item.nested_key) or item.key: item.value_json for item in row.item} for row in rows]
    assert [float(value["train/loss"]) for value in values] == [1 / (count + 1) for count in range(POINTS)]
    assert offline_points(folder, "abc") == POINTS
    assert offline_points(folder, "another") == 0


def test_a_torn_end_is_left_out(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "wandb")
    (file,) = copy.glob("offline-run-*/run-abc.wandb")
    data = file.read_bytes()
    assert len(data) > 3 * BLOCK
    before = POINTS
    for length in (len(data) - len(data) // 3, 2 * BLOCK + 3, BLOCK - 2, 100, 7, 0):
        file.write_bytes(data[:length])
        assert 0 <= offline_points(copy, "abc") <= before
        before = offline_points(copy, "abc")
    assert before == 0
