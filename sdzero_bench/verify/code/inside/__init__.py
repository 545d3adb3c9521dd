"""What runs inside the sandbox beside a judged program: standard library only, no import from the rest of the package.

Example: the sandbox shows this folder at /box and runs `runner.main()`; see `sdzero_bench.verify.code.remote`.
"""
