"""`sdzero-bench doctor`: what is installed here, whether it fits together, and what to do where it does not.

One file a subject. Each has the facts of a machine (a dataclass), a function that gathers them here, and pure functions
from facts to findings. Engines are looked at from outside: by their metadata, and by processes that import them.
"""
