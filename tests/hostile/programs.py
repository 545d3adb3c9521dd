"""All hostile programs by name."""

from hostile import escapes, resources
from hostile.tools import PROGRAMS

__all__ = ["PROGRAMS", "escapes", "resources"]
