r"""Pairs of a gold answer and ways of answering, with the verdict a mathematician would give: a table to read.

Example: the gold answer \frac{1}{2} is also 0.5, 1/2, \dfrac12, 50\%; it is not 0.51, \frac{2}{1} or \{0, 1/2\}.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One gold answer."""

    topic: str
    gold: str
    equal: tuple[str, ...]
    unequal: tuple[str, ...]
    question: str = "?"


ROWS = (
    # numbers
    Row("whole numbers", "12", ("12", "+12", "012", "12.", "12.0", "$12$", r"\(12\)", "**12**", "１２"), ("13", "-12", "21", "1 2", "1.2")),
    Row("minus signs", "-3", ("−3", "–3", "{-3}", "(-3)", "- 3"), ("3", "--3", r"\pm 3")),
    Row("thousands", "1234567", ("1,234,567", r"1{,}234{,}567", r"1\,234\,567", r"1,\!234,\!567", "1 234 567"), ("1,234.567", "1,2345,67")),
    Row("thousands in the gold", "10,\\!080", ("10080", "10,080", r"10\,080", "10{,}080"), ("10,80", "10.08")),
    Row("thousands or a list", "5,105", ("5, 105", "105, 5", "5105", r"5 \text{ and } 105"), ("5, 15", "5")),
    Row("fractions", r"\frac{1}{2}", ("0.5", ".5", "1/2", r"\dfrac12", r"\tfrac{1}{2}", "½", r"\frac{2}{4}", r"50\%"), ("0.51", r"\frac{2}{1}", r"\frac12\%", "1,2", "5")),
    Row("negative fractions", r"-\frac{3}{8}", ("-3/8", r"\frac{-3}{8}", r"\frac{3}{-8}", "-0.375"), ("3/8", "-8/3")),
    Row("mixed numbers", r"1\frac{4}{5}", ("9/5", "1.8", "1 4/5", r"1 \dfrac{4}{5}", r"\frac95"), (r"\frac45", r"1\frac{5}{4}", "14/5", "1, 4/5")),
    Row("rounding", r"\frac{1}{3}", (r"0.\overline{3}", "0.333333", "0.33333333333", r"\frac13 \approx 0.33"), ("0.33", "0.3333", "0.334", "0.333334", "0.3")),
    Row("rounding", r"\sqrt{2}", ("1.41421356", "1.414214", r"2^{1/2}", r"\sqrt2 \approx 1.414"), ("1.414", "1.41", "1.5", "1.41421357", r"\sqrt[3]{2}")),
    Row("rounding a whole number", "204", ("204.0", "204.000"), ("203.9999999", "204.0000001", r"204 \approx 205", "204.4")),
    Row("decimals", "0.15", (".15", "0.150", "15/100", r"15\%", r"1.5 \times 10^{-1}", "3/20"), ("0.1500001", "1.5", "0.2", "0.14")),
    Row("small numbers", "5.3e-9", (r"5.3 \times 10^{-9}", r"5.3\cdot 10^{-9}", "0.0000000053", "5.3E-9", "53e-10"), ("3.3e-10", "5.3e-8", "5.3e9", "0", "5.2e-9")),
    Row("scientific notation", "3e8", (r"3 \times 10^8", "3 × 10⁸", "300000000", "3.0e8", "300,000,000", r"3.00\times10^{8}\text{ m/s}"), ("3e7", r"3 \times 8", "3 x 108")),
    Row("powers of ten", r"10^{100}", (r"10^{100}", "10^100", "1e100", "{10}^{100}"), ("10^{10}", "100^{10}", "10100")),
    Row("closed forms", "1024", ("2^{10}", "2^10", "4^5", "1,024"), ("2^{11}", "10^2")),
    Row("factorials", r"2^{25} \cdot 26!", (r"26! \cdot 2^{25}", r"26!\times 2^{25}", r"26!\, 2^{25}"), (r"2^{26} \cdot 25!", r"2^{25}+26!")),
    # roots, logs, constants
    Row("roots", r"\frac{\sqrt{3}}{3}", (r"\frac{1}{\sqrt{3}}", r"\frac{\sqrt3}3", "√3/3", "sqrt(3)/3", r"3^{-1/2}"), (r"\sqrt{3}", r"\frac{3}{\sqrt3}", "0.577")),
    Row("nested roots", r"2-\sqrt{3}", (r"-\sqrt3+2", r"\frac{1}{2+\sqrt3}", r"\sqrt{7-4\sqrt3}"), (r"2+\sqrt3", r"\sqrt3-2")),
    Row("cube roots", r"\frac{8}{\sqrt[3]{7}}", (r"8 \cdot 7^{-1/3}", r"\frac{8\sqrt[3]{49}}{7}"), (r"\frac{8}{\sqrt{7}}",)),
    Row("pi", r"12\pi", (r"12 \pi", "12π", "12pi", r"\pi \cdot 12", r"12\pi\text{ cm}^2"), ("12", "37.7", "37.68", r"12\pi^2")),
    Row("logs", r"\frac{\log 2}{\log 2-\log 3}", (r"\frac{\ln 2}{\ln 2-\ln 3}", r"\frac{\ln2}{\ln(2/3)}", r"\log_{2/3} 2"), (r"\frac{\log 2}{\log 3}",)),
    Row("logs with a base", r"-\log _{10} 250", (r"-\log_{10}(250)", r"-\log_{10} 1000 + \log_{10} 4", r"\log_{10}\frac{1}{250}"), (r"\log_{10} 250", r"-\log_2 250")),
    Row("trigonometry", r"2 \cos (\pi t+\pi / 3)", (r"\cos(\pi t)-\sqrt3\sin(\pi t)", r"2\sin(\frac{\pi}{6} - \pi t)"), (r"2\cos(\pi t - \pi/3)", r"2\cos(\pi t)+\pi/3")),
    Row("complex numbers", "6+9i", ("9i+6", "6 + 9 i", "3(2+3i)"), ("6-9i", "9+6i", "15", "(6,9)")),
    Row("complex numbers", r"-8-8 \sqrt{3} i", (r"-8(1+i\sqrt3)", r"16e^{4\pi i/3}"), (r"8+8\sqrt3 i",)),
    # units, percent, money, angles
    Row("units", r"15\mbox{ cm}^2", ("15", r"15 \text{ cm}^2", "15 cm^2", "15 square centimeters", r"15\ \mathrm{cm}^{2}"), (r"15 \text{ m}^2", r"15\text{ cm}^3", "16", "15, 2")),
    Row("units in the answer", "12", (r"12\text{ cm}", "12 apples", r"12 \mathrm{~m}", "12 m", "12 km/h", r"12\,\text{m/s}^2", r"12^\circ", r"\text{Area} = 12", "12 square units"), ("12 or more", "12 dozen", "at least 12", "12 thousand", "12k", "12x", r"\text{not } 12")),
    Row("a letter that is no unit", "6m", ("6m", r"6 \cdot m", r"6\,m", "m6"), ("6", "6M", "6n", "6mm")),
    Row("a letter that is a variable of the question", "6", ("6 cm",), ("6m",), "Let $m$ be an integer. Find the greatest $k$."),
    Row("other units", r"5.4 \text{ cents}", ("5.4", r"5.4\text{¢}", "5.40 cents", r"\frac{27}{5}\text{ cents}"), (r"5.4\text{ dollars}", r"\$5.40", "54")),
    Row("money", r"\$18.90", ("18.90", "18.9", r"18.90\text{ dollars}", r"\$ 18.90", r"\text{\$}18.90", "$18.90"), ("1890", r"18.9\%", r"18.90\text{ cents}")),
    Row("percent", "62.5%", ("62.5", r"62.5\%", r"62.5 \text{ percent}", "0.625", "5/8", r"62\frac12\%"), ("6.25", "0.00625", "0.625%", "6250%")),
    Row("percent in the question", "50", (r"50\%", "50", "50 percent"), ("0.5%", "5%"), "What percent of them are red?"),
    Row("percent out of the blue", "50", ("5000\\%",), (r"50\%", "0.5"), "How many of them are red?"),
    Row("degrees", r"90^\circ", ("90", r"90^{\circ}", "90°", r"90\text{ degrees}", r"90 \degree"), ("9", "90'", r"90\text{ radians}")),
    Row("degrees in the answer", "45", (r"45^\circ", r"\angle A = 45^\circ"), (r"45\%",)),
    Row("times", "12:00", ("12:00", r"12:00 \text{ p.m.}"), ("1:00", "12:30", "12", "1200")),
    Row("times", r"3:30 \text{ p.m.}", ("3:30 pm", "03:30", r"3{:}30\text{ PM}"), ("3:30 am", "3:03 pm")),
    Row("ratios", "3:4", ("6:8", "3 : 4"), ("4:3", "3:5")),
    Row("numerals in a base", "52_8", ("52_{8}", "52", r"52_{\text{base }8}"), ("42", "52_9", "25_8", "52_{10}")),
    # text and choices
    Row("text", r"\text{Evelyn}", ("Evelyn", r"\textbf{Evelyn}", "evelyn", r"\mathrm{Evelyn}", r"\text{Evelyn.}"), ("Carla", r"\text{Evelyn or Carla}", "Ev", "E")),
    Row("text", r"\text{east}", ("East", r"\text{the east}"), ("seat", "west", "e a s t s", "north-east")),
    Row("choices", r"\text{(E)}", ("E", "(E)", r"\textbf{(E)}", r"\textbf{(E)}\ 12", r"\text{E}"), ("A", "(A)", "e", "(A), (E)", "A, B, C, D, E", "(E) or (A)", r"\text{(A) or (E)}")),
    Row("a choice before the value", "27", (r"\textbf{(B) } 27", "(B) 27"), ("(B)", "(27) B", r"(B) 27 \text{ or } 28")),
    # several values
    Row("lists", "1,-2", ("-2,1", r"1 \text{ and } -2", r"\{-2, 1\}", "x=1, x=-2", r"x = 1 \text{ or } x = -2", "1; -2", "-2 and 1"), ("1", "-2", "1,2", "1,-2,3", "1,-2,-2", "(-2,1)")),
    Row("lists with repetition", "16,3,1,1", ("16, 3, 1, 1", "1,1,3,16"), ("16,3,1", "16,16,3,1")),
    Row("lists in dollars", "$8$,$4$", ("8,4", "4, 8", r"8 \text{ or } 4"), ("84", "8", "32")),
    Row("plus-minus", r"1 \pm \sqrt{19}", (r"1+\sqrt{19}, 1-\sqrt{19}", r"1 - \sqrt{19}, 1 + \sqrt{19}", r"x = 1\pm\sqrt{19}", r"\{1\pm\sqrt{19}\}"), (r"1+\sqrt{19}", r"1 \pm 19", r"\pm 1 + \sqrt{19}")),
    Row("plus-minus in a set", r"\{1\pm\sqrt{5},-2\}", (r"-2, 1+\sqrt5, 1-\sqrt5", r"\{-2, 1 \pm \sqrt 5\}"), (r"-2, 1+\sqrt5", r"\{1\pm\sqrt5\}")),
    Row("plus-minus for one value", "2", ("2",), (r"\pm 2", r"2 \pm 0", r"2 \pm 1")),
    Row("sets", r"\{1,2,3\}", (r"\{3,1,2\}", "1,2,3", r"\{1, 2, 3\}", r"\left\{3,2,1\right\}"), (r"\{1,2\}", r"\{1,2,4\}", "(1,3)", "123", "[1,3]")),
    Row("a set of one", "3", (r"\{3\}", r"x \in \{3\}"), (r"\{3, 4\}", r"\{\}", r"\emptyset")),
    Row("tuples", "(1,2)", ("(1, 2)", r"\left(1,2\right)", "1, 2", r"(x,y)=(1,2)", "x = 1, y = 2", r"\langle 1,2 \rangle", "(1.0, 2)"), ("(2,1)", "[1,2]", "(1,2,0)", "12", "2, 1", r"\{1,2\}")),
    Row("several tuples", "(2,32), (8,18)", ("(8,18),(2,32)", r"(2,32) \text{ and } (8,18)", r"\{(2,32),(8,18)\}"), ("(2,32)", "(32,2),(18,8)", "(2,18),(8,32)", "2,32,8,18")),
    Row("polar coordinates", r"\left( 3, \frac{\pi}{2} \right)", (r"(3, \pi/2)", r"(3,\tfrac\pi2)"), (r"(3, \pi)", r"(\pi/2, 3)")),
    Row("vectors", r"\begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}", (r"\begin{bmatrix}-7\\16\\5\end{bmatrix}", "(-7,16,5)", r"\langle -7, 16, 5\rangle"), ("(-7,5,16)", r"\begin{pmatrix} -7 \\ 16 \end{pmatrix}", "-7+16+5")),
    Row("matrices", r"\begin{pmatrix} -1 & 0 \\ 0 & -1 \end{pmatrix}", (r"\begin{bmatrix} -1&0\\0&-1 \end{bmatrix}", r"\left[\begin{array}{cc}-1&0\\0&-1\end{array}\right]"), (r"\begin{pmatrix} -1 & 0 \\ 0 & 1 \end{pmatrix}", "-1", r"\begin{pmatrix} -1 & 0 & 0 & -1 \end{pmatrix}")),
    Row("matrices with fractions", r"\begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix}", (r"\begin{pmatrix} 0.2 \\ -3.6 \end{pmatrix}", r"\begin{pmatrix} \frac15 \\ -\frac{18}{5} \end{pmatrix}"), (r"\begin{pmatrix} 1/5 \\ 18/5 \end{pmatrix}",)),
    # intervals and inequalities
    Row("intervals", "[0,1)", ("[0, 1)", r"0 \le x < 1", r"x \in [0,1)", r"1 > x \geq 0", r"\left[0,1\right)"), ("(0,1]", "[0,1]", "(0,1)", "0,1", r"0 < x < 1", "[0,2)")),
    Row("half lines", r"(2,\infty)", ("x > 2", "2 < x", r"(2, +\infty)", r"x \in (2,\infty)"), (r"[2,\infty)", "x < 2", r"x \ge 2", r"(-\infty,2)")),
    Row("inequalities", r"k \geqslant 2", (r"k \ge 2", r"2 \le k", "k ≥ 2", r"[2,\infty)"), ("k > 2", r"k \le 2", "2")),
    Row("unions", r"(-\infty, 2) \cup (3, \infty)", (r"(3,\infty)\cup(-\infty,2)", r"x<2 \text{ or } x>3", r"x \in (-\infty,2)\cup(3,\infty)", r"\mathbb{R} \setminus [2,3]"), (r"(-\infty,2]\cup[3,\infty)", r"(-\infty,2)", r"(2,3)", r"x < 2")),
    Row("unions with a point", r"(-\infty, 0) \cup\{1\}", (r"\{1\} \cup (-\infty,0)",), (r"(-\infty,1]", r"(-\infty,0)\cup\{2\}")),
    # equations
    Row("equations and values", "5", ("x=5", "x = 5", "5 = x", r"f(2) = 5", r"AB = 5", "n_0 = 5", r"|AB| = 5", "x=3+2=5"), ("x=6", "x=5=6", "6=5", "x=5, y=6", "2x = 5", "x > 5", "x - 1 = 5", "5 = 6")),
    Row("the question's left side", "110", ("m+n=110", "110"), ("m-n=110", "m+n=109"), "The answer is $\\frac{m}{n}$. Find $m+n$."),
    Row("a value where the gold is an equation", "x=5", ("5", "x = 5.0", "x=10/2"), ("y=5", "x=6", "x")),
    Row("lines", "y = 2x + 3", ("y=3+2x", "2x+3", "2x - y + 3 = 0", "y - 3 = 2x"), ("y = 2x", "y=2x-3", "x = 2y+3", "2x - y = 0")),
    Row("planes", "5x - 7y + 11z + 4 = 0", ("-5x+7y-11z-4=0", "5x-7y+11z=-4", "10x - 14y + 22z + 8 = 0"), ("5x-7y+11z-4=0", "0=0", "5x-7y+11z", "x=x")),
    Row("functions", "$f(x)=2 x$", ("f(x)=2x", "2x", r"f(x) = 2\cdot x"), ("f(x)=2", "g(x)=2x", "f(x) = x^2", "f(2)=x")),
    Row("several functions", "$f(x)=x$,$f(x)=2-x$", ("f(x)=x, f(x)=2-x", r"f(x) = 2-x \text{ or } f(x) = x", "x, 2-x"), ("f(x)=x", "f(x)=2-x", "f(x)=x=2-x")),
    Row("differential equations", r"\frac{d x}{d t}=k x-a", (r"\frac{dx}{dt} - kx + a = 0", r"\frac{dx}{dt} = kx-a", "kx-a"), ("0 = kx - a", r"\frac{dx}{dt} = kx + a", r"\frac{dt}{dx} = kx-a")),
    Row("words in equations", "MR=SRMC", ("SRMC=MR", r"\text{MR} = \text{SRMC}", "MR = SRMC"), ("SRMC", "MR", "MR=LRMC", "RM=CMRS")),
    # expressions with variables
    Row("polynomials", "(x+1)^2", ("x^2+2x+1", "(1+x)^2", "(x+1)(x+1)", "x(x+2)+1"), ("x^2+1", "(x-1)^2", "(y+1)^2", "x^2+2x+1+0y", "4")),
    Row("products", "n(n-1)", ("n^2-n", r"n \cdot (n-1)", "(n-1)n", "-n(1-n)"), ("n^2", "n(n+1)", "n-1")),
    Row("rational functions", r"\frac{11+9a}{20}", (r"\frac{11}{20}+\frac{9}{20}a", "0.55+0.45a", "(9a+11)/20"), (r"\frac{11+9}{20}", r"\frac{20}{11+9a}", "1")),
    Row("capital and small letters", r"\frac{N}{2}", (r"\frac12 N", "0.5N", "N/2"), (r"\frac{n}{2}", "N")),
    Row("indices", r"\frac{1}{3} E_{1}+\frac{2}{3} E_{2}", (r"\frac{E_1 + 2E_2}{3}", r"\frac{2E_2}{3}+\frac{E_1}{3}"), (r"\frac{E_1+E_2}{3}", r"\frac{2}{3}E_1+\frac13E_2", "E")),
    Row("exponentials", r"\frac{1}{2}(\exp{a*t} + \exp{-a*t})", (r"\cosh(at)", r"\frac{e^{at}+e^{-at}}{2}"), (r"\sinh(at)", r"e^{at}")),
    Row("unknown functions", r"(t + \frac{1}{2} \sin{2t}) u(t)", (r"u(t)(t+\sin t\cos t)", r"t\,u(t)+\frac{\sin(2t)}{2}u(t)"), (r"t + \frac12\sin 2t", r"(t+\sin 2t)u(t)", "0")),
    Row("an unknown value", r"I(0) e^{-\frac{t}{R C}}", (r"I(0)e^{-t/(RC)}", r"I(0)\exp(-\frac{t}{RC})"), ("0", r"I(0)", r"I e^{-t/RC}")),
    Row("binomials", r"$\binom{2n}{n}$", (r"\frac{(2n)!}{n!n!}", r"\dbinom{2n}{n}", r"{\binom{2n}{n}}"), (r"\frac{2n}{n}", r"\binom{n}{2}")),
    Row("floors", r"$\left\lfloor\log _{2} n\right\rfloor+1$", (r"1+\lfloor\log_2 n\rfloor", r"\lfloor \log_2 n + 1\rfloor"), (r"\lceil\log_2 n\rceil", r"\log_2 n + 1")),
    Row("very small differences", r"\frac{1}{2004!}", (r"\frac{1}{2004!}",), (r"\frac{1}{2006!}", "0")),
    Row("large numbers", r"2^{1009}", ("2^{1009}", r"2\cdot 2^{1008}"), ("2^{1010}", "2^{1009}+1", "1009^2")),
    Row("inverse functions", "np.arcsin(10/13)", (r"\arcsin\frac{10}{13}", r"\sin^{-1}(10/13)"), (r"\arccos\frac{10}{13}", r"\frac{1}{\sin(10/13)}")),
    # boxes and typesetting
    Row("typesetting", r"\frac{\pi}{2}", (r"$\frac{\pi}{2}$", r"\[\frac{\pi}{2}\]", r"\displaystyle\frac{\pi}{2}", r"\boxed{\frac{\pi}{2}}", r"\frac{\pi}{2}\,", r"\frac{\pi}{2}.", r"\frac\pi2", "π/2", r"\left(\frac{\pi}{2}\right)"), (r"\frac{2}{\pi}", r"\frac{\pi}{2}, \pi")),
    Row("boxes in a box", "12", (r"\boxed{12}", r"x = \boxed{12}", r"\boxed{12}\text{ cm}"), (r"\boxed{12} \text{ and } \boxed{13}", r"\boxed{11}, \boxed{12}")),
    Row("the same value twice", r"\frac{1}{2}", (r"\frac12 \text{ or } 0.5", r"\frac{1}{2} = 0.5", r"0.5 = 50\%"), (r"\frac12 \text{ or } 0.6", r"\frac12 = 0.6")),
    Row("arithmetic that is left to be done", "12", ("24/2", r"\frac{24}{2}", r"\sqrt{144}", "3+9=12", r"\binom{12}{1}"), ("3+9", r"3 \cdot 4", "2(6)", r"\max(3,12)", "12+0", r"\lfloor 12.5 \rfloor", r"\sum_{i=1}^{12} 1", "12(1)", "|-12|")),
    Row("repeating the question", "4", ("4", r"\frac{8}{2}"), (r"\frac{12}{3}", "12/3", r"12 \div 3", "(12)/(3)"), r"What is $12 \div 3$?"),
    Row("repeating the question", "(x+1)^2", ("(x+1)^2", "(x+1)(x+1)"), ("x^2+2x+1", "x^2 + 2 x + 1"), "Factor $x^2+2x+1$ completely."),
)  # fmt: skip

# What the judge still gets wrong, as (gold, answer, verdict it should give): a list to shorten.
KNOWN_WRONG = (
    ("90^\\circ", r"\frac{\pi}{2}", 1),  # degrees are not turned into radians
    ("k \\geqslant 2", "k > 1", 1),  # that k is a whole number is only in the question
    ("1 \\text{ m}", r"100 \text{ cm}", 1),  # units are not converted
    ("\\text{even}", r"\text{an even number}", 1),  # words are compared as a whole
    ("0.5", "0,5", 1),  # decimal commas are read as lists
    ("\\text{June 20}", "20 June", 1),  # dates are compared as they are written
    ("x^2", r"f(t)=t^2", 1),  # the argument may be called otherwise
    ("2,4,3", "2,3,4", 0),  # T(10), T(11), T(12): nothing in the gold answer says that the order counts
    ("1023", "2^{10}-1", 1),  # some graders would take it
)
