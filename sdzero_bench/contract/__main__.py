"""`python -m sdzero_bench.contract --backend NAME`: the contract suite on one backend."""

import sys

import pytest

if __name__ == "__main__":
    # addopts: a project's own pytest settings could spread the tests over processes that know nothing of the ranks.
    suite = ["-o", "addopts=", "-q", "-p", "sdzero_bench.contract.plugin", "--pyargs", "sdzero_bench.contract"]
    sys.exit(pytest.main([*suite, *sys.argv[1:]]))
