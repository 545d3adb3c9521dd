r"""More pairs of a gold answer and answers (`math_pairs` says how to read them): where a judge is easily misled.

Example: 3x - 15 = 0 has the solution of x = 5 and is not solved; a question with "a 10% sample" asks for no percentage.
"""

MISREADINGS = r"""
negative values count too: |x|
  = |-x|  ;;  \sqrt{x^2}  ;;  |x|
  ≠ x  ;;  -x
logarithms of negative values: \ln|x|+C
  = C+\ln|x|  ;;  \frac{1}{2}\ln(x^2)+C
  ≠ \ln x+C
odd roots of negative values: x\sqrt[3]{x^2}
  = x^{5/3}  ;;  \sqrt[3]{x^5}
  ≠ x^{5/2}  ;;  |x|^{5/3}
far values count too: x^2+1
  = 1+x^2
  ≠ x^2+1+\lfloor\frac{|x|}{100}\rfloor  ;;  x^2+1+\lfloor |x|/1000\rfloor
an unsolved equation: x = 5
  ? Solve $3x - 15 = 0$.
  = x = 5  ;;  5 = x  ;;  5  ;;  x = \frac{10}{2}
  ≠ 3x - 15 = 0  ;;  3x + 2 = 17  ;;  \frac{x}{5} = 1  ;;  x = 10 - x  ;;  x - 5 = 0  ;;  x = 2 + 3
unsolved equations in a list: x=1, y=2
  ? Solve $x+y=3$ and $y-x=1$.
  = x=1, y=2  ;;  y=2, x=1  ;;  1, 2  ;;  (1,2)
  ≠ 2, 1  ;;  (2,1)  ;;  x=2, y=1  ;;  x+y=3, y-x=1
pairs in the order of the question: (2,1)
  ? Find $(y,x)$.
  = y=2, x=1  ;;  x=1, y=2  ;;  2, 1
  ≠ x=2, y=1  ;;  y=1, x=2
pairs in the order of the alphabet: (1,2)
  = x=1, y=2  ;;  y=2, x=1
  ≠ y=1, x=2
a percentage that is asked for: 5
  ? What percent of the 10% sample is red?
  = 5\%  ;;  5  ;;  5 \text{ percent}
  ≠ 500\%  ;;  0.5\%  ;;  0.05
a fraction where a percentage is asked for: \frac{1}{4}
  ? What percentage is red?
  = 25\%  ;;  0.25
  ≠ 2500\%
a percentage that is only told: 0.25
  ? A 10% sample of $20\%$ is drawn, ten percent are red. What is the probability?
  = 25\%  ;;  \frac{1}{4}
  ≠ 0.25\%  ;;  2500\%
words that change a number: 12
  = 12 \text{ seconds}  ;;  12 \text{ cm squared}  ;;  12 \text{ boys}  ;;  12 \text{ points}
  ≠ 12 \text{ squared}  ;;  12 \text{ factorial}  ;;  12 \text{ halves}  ;;  12 \text{ fifths}  ;;  12\text{ tenths}
  ≠ 12 \text{ score}  ;;  12 \text{ pairs}  ;;  12 \text{ below}  ;;  12 \text{ inverse}  ;;  12 \text{ fails}
words that the question counts in: 12
  ? How many pairs of socks are there?
  = 12 \text{ pairs}  ;;  12 \text{ pairs of socks}
  ≠ 12 \text{ halves}
cents where dollars are asked for: 5
  ? How many dollars does it cost?
  = 5 \text{ dollars}  ;;  \$5
  ≠ 5 \text{ cents}
powers are no names: 5
  = f^{-1}(x) = 5
  ≠ x^{-1} = 5  ;;  X^{-1} = 5
inverse matrices by name: \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
  = A^{-1} = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}
a choice that is taken back: (C)
  = (C) \text{ False}  ;;  (C) \text{ is correct}  ;;  (C)
  ≠ (C) \text{ is false}  ;;  (C) \text{ is not correct}  ;;  (C) \text{ fails}
points and intervals: (3,5)
  ? Find the point where the lines meet.
  = (3,5)  ;;  x=3, y=5
  ≠ 3<x<5  ;;  3 < t < 5
whole numbers are no decimals: \frac{1000000}{3}
  = 333333.333  ;;  333333\frac{1}{3}
  ≠ 333333  ;;  333333e0  ;;  333333 \cdot 10^{0}
a number of the question: \frac{1}{2}
  ? A coin lands heads with probability $\frac{1}{2}$. What is the probability of tails?
  = 1/2  ;;  \dfrac12  ;;  0.5
  ≠ 1
a decimal for a fraction of the question: 0.5
  ? A coin lands heads with probability $\frac{1}{2}$. What is the probability of tails?
  = \frac{1}{2}  ;;  1/2
a negative number of the question: -2/3
  ? Which is the larger, $-\frac{2}{3}$ or $-1$?
  = -\frac{2}{3}  ;;  -\dfrac23
a power of ten of the question: 300000000
  ? Light moves at $3\times 10^8$ m/s. How fast is that?
  = 3\times 10^8  ;;  3 \cdot 10^{8}
repeating the question: 0.375
  ? Express 3/8 as a decimal.
  = .375
  ≠ 3/8  ;;  \frac{3}{8}
repeating the question: 42
  ? Compute $\sqrt{1764}$.
  ≠ \sqrt{1764}  ;;  \sqrt{1764.0}  ;;  \sqrt{1764.}
repeating the question: (x-1)(x+1)
  ? Factor $x^2 - 1$.
  = (x+1)(x-1)  ;;  (1+x)(x-1)
  ≠ x^2-1  ;;  -1+x^2  ;;  x^{2.0} - 1
repeating the question: x^2+2x+1
  ? Expand $(x+1)^2$.
  = 1+2x+x^2
  ≠ (x+1)^2  ;;  (1+x)^2
repeating the question: a+b
  ? Which is it, $a + b$ or $a - b$?
  = b+a
"""
