r"""Neutral symbols for the names in a formula, the same on both sides of a comparison.

Example: in "\gamma E_1" the names \gamma and E_1 become \text{va} and \text{vb}, about which math-verify's parser has
no opinion (it takes \gamma for Euler's constant, I for the imaginary unit, N for n, and does not know E_1).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field

_FUNCTION_LETTERS = "fghpqrsuvwFGHKLMPQRSTUVW"


class NotUnderstoodError(Exception):
    """The value is outside what is read here: such values are compared as they are written."""


@dataclass
class Names:
    """Neutral symbols of names, shared by the two sides of a comparison."""

    symbols: dict[str, str] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)  # letters that stand without an argument: "n(n-1)" is a product

    def symbol(self, name: str) -> str:
        """A symbol that the parser has no opinion about."""
        count = len(self.symbols)
        letters = self.symbols.setdefault(name, string.ascii_lowercase[count % 26] * (1 + count // 26))
        return rf"\text{{v{letters}}}"

    def function(self, name: str) -> str:
        """The same for an unknown function: a letter, as no symbol is one."""
        self.symbol(name)
        index = list(self.symbols).index(name)
        if index >= len(_FUNCTION_LETTERS):
            raise NotUnderstoodError
        return _FUNCTION_LETTERS[index]
