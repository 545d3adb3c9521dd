r"""Tables of `normalise`: signs, commands and words that are one and the same in a mathematical answer.

Example: "−" is "-", "×" and "\times" are "\cdot", "\dfrac" is "\frac", "\geqslant" is "\ge", "π" is "\pi".
"""

from __future__ import annotations

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "×": r"\cdot ", "·": r"\cdot ", "⋅": r"\cdot ", "∗": r"\cdot ", "÷": "/", "∕": "/",
    "⁄": "/", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∞": r"\infty ",
    "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ", "°": r"\degree ",
    "′": "'", "’": "'", "…": r"\ldots ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    "∠": r"\angle ", "ℝ": r"\mathbb{R}", "⟨": r"\langle ", "⟩": r"\rangle ", "¢": r"\text{cents}", "€": r"\text{euros}",
    "£": r"\text{pounds}", "¥": r"\text{yen}", "，": ", ", "。": ".", "√": r"\sqrt ", "∛": r"\sqrt[3]", "\u00a0": " ",
}  # fmt: skip
UNICODE = str.maketrans(_SIGNS | {sign: rf"\{name} " for sign, name in _GREEK.items()})
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

SYNONYMS = {
    r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\cfrac": r"\frac", r"\dbinom": r"\binom", r"\tbinom": r"\binom",
    r"\leq": r"\le", r"\leqslant": r"\le", r"\geq": r"\ge", r"\geqslant": r"\ge", r"\neq": r"\ne", r"\lt": "<",
    r"\gt": ">", r"\times": r"\cdot", r"\ast": r"\cdot", "*": r"\cdot", r"\div": "/", r"\lbrace": r"\{",
    r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]", r"\lvert": "|", r"\rvert": "|", r"\vert": "|", r"\mid": "|",
    r"\colon": ":", r"\varnothing": r"\emptyset", r"\dots": r"\ldots", r"\cdots": r"\ldots", r"\dotsc": r"\ldots",
    r"\dotsb": r"\ldots", r"\vdots": r"\ldots", r"\backslash": r"\setminus", r"\rightarrow": r"\to",
    r"\Rightarrow": r"\to", r"\implies": r"\to", r"\lor": ";", r"\degrees": r"\degree", r"\circ": r"\degree",
    r"\simeq": r"\approx", r"\sim": r"\approx", r"\bar": r"\overline", r"\vec": r"\overrightarrow",
    r"\widehat": r"\hat", r"\cosec": r"\csc", r"\newline": r"\\", "%": r"\%", r"\prime": "'", r"\lq": "'",
    r"\bigcup": r"\cup", r"\varphi": r"\phi", r"\varepsilon": r"\epsilon", r"\arcctg": r"\arccot",
    r"\tg": r"\tan", r"\ctg": r"\cot", r"\arctg": r"\arctan",
}  # fmt: skip

# Typesetting without meaning, and "\boxed" in a box.
NOTHING = {
    r"\quad", r"\qquad", r"\,", r"\;", r"\:", r"\ ", "~", r"\enspace", r"\thinspace", r"\displaystyle", r"\textstyle",
    r"\scriptstyle", r"\limits", r"\nolimits", r"\left", r"\right", r"\middle", r"\mleft", r"\mright", r"\big", r"\Big",
    r"\bigg", r"\Bigg", r"\bigl", r"\bigr", r"\Bigl", r"\Bigr", r"\biggl", r"\biggr", r"\hfill", r"\rm", r"\bf", r"\it",
    r"\large", r"\Large", r"\boxed", r"\fbox", r"\mathstrut", r"\(", r"\)", r"\[", r"\]", "$", r"\displaylimits",
    r"\!",
}  # fmt: skip


def _commands(names: str) -> frozenset[str]:
    return frozenset(f"\\{name}" for name in names.split())


FONTS = _commands(
    "text mbox textbf textit textrm textsf textup textnormal mathrm mathbf mathit mathsf mathtt boldsymbol bm "
    "operatorname operatorname* mathop hbox emph underline"
)
FUNCTIONS = _commands("sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh ln log exp")
ACCENTS = _commands("overline overrightarrow hat dot ddot tilde mathbb mathcal mathfrak mathscr")
GREEK = _commands(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi chi psi omega Gamma Delta "
    "Theta Lambda Xi Pi Sigma Phi Psi Omega hbar ell"
)
WORDS = {name.lstrip("\\"): name for name in FUNCTIONS} | {
    "and": ";", "or": ";", "percent": r"\%", "degrees": r"\degree", "degree": r"\degree", "pi": r"\pi",
    "infinity": r"\infty", "infty": r"\infty", "sqrt": r"\sqrt", "theta": r"\theta", "max": r"\max", "min": r"\min",
    "gcd": r"\gcd", "lcm": r"\lcm",
}  # fmt: skip

# Units of measurement: names of the same unit side by side, the first is its name here.
_SAME = """
mm millimeter millimetre; cm centimeter centimetre; m meter metre; km kilometer kilometre; in inch inche; ft foot feet;
yd yard; mi mile; s sec second; min minute; h hr hour; day; week; month; year yr; g gram; kg kilogram; mg milligram;
lb pound lbs; oz ounce; l L liter litre; ml mL milliliter millilitre; dollar USD usd; cent; euro EUR; degree deg;
radian rad; mph; kph; K kelvin; Hz hertz; N newton; J joule; W watt; V volt; A ampere amp; Pa pascal; eV; mol mole; ohm;
C coulomb; T tesla; erg; gallon gal; acre; percent; amu; rpm; yen; nm nanometer; km/h kmh; kHz; MHz; kJ; kW; kPa; atm;
cal calorie; AU; pc parsec; ly; Mpc; kpc; ms; ns; nC; F; H; Wb; Angstrom angstrom
"""
UNITS = {name: names.split()[0] for names in _SAME.replace("\n", " ").split(";") for name in names.split()}
