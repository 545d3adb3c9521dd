"""`python -m sdzero_bench.contract --backend NAME`: the contract suite on one backend."""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(["-p", "sdzero_bench.contract.plugin", "--pyargs", "sdzero_bench.contract", *sys.argv[1:]]))
