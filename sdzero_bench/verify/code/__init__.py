"""Judges of programs: the program runs in the sandbox and returns plain data; the verdict is made here.

Example: `candidate([3, 1])` in a test of the judge sends [3, 1] to the sandboxed program and gets [1, 3] back; whether
that equals the expected [1, 3] is decided in the judge's process, the only one that knows it.
"""
