"""What a backend promises, as tests that anyone's backend runs against an installed copy of sdzero-bench:

    python -m sdzero_bench.contract --backend NAME [--option NAME=VALUE] [--model FOLDER] [pytest's own options]
    accelerate launch --multi_gpu --num_processes 2 -m sdzero_bench.contract --backend hf-accelerate

NAME is an entry point of the group `sdzero_bench.backends`, an option one of its `backend.options`. Without --model
the suite builds a random two-layer Qwen3.
Every backend is opened in float32 and compared with plain transformers on the CPU. Under a launcher all ranks run all
tests (`--multi_gpu` is accelerate's word for several processes, on a CPU too; with `--cpu` it starts one only). The
command is short for `pytest -p sdzero_bench.contract.plugin --pyargs sdzero_bench.contract`: pytest does not
read a package's conftest in time to learn its options, and an entry point of pytest's own would burden every pytest.
"""
