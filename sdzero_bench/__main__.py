"""`python -m sdzero_bench` is `sdzero-bench`."""

from sdzero_bench.cli.app import main

if __name__ == "__main__":
    main()
