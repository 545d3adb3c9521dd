r"""Pairs of a gold answer and ways of answering, with the verdict a mathematician would give: a table to read.

Example: the gold answer \frac{1}{2} is also 0.5, 1/2, \dfrac12, 50\%; it is not 0.51, \frac{2}{1} or 1,2.
"""

from __future__ import annotations

from dataclasses import dataclass

from math_misreadings import MISREADINGS

# "topic: gold answer", then right (=) and wrong (≠) answers between ";;", and the question (?) where it matters.
TABLE = r"""
whole numbers: 12
  = 12  ;;  +12  ;;  012  ;;  12.  ;;  12.0  ;;  $12$  ;;  \(12\)  ;;  **12**  ;;  １２
  ≠ 13  ;;  -12  ;;  21  ;;  1 2  ;;  1.2
minus signs: -3
  = −3  ;;  –3  ;;  {-3}  ;;  (-3)  ;;  - 3
  ≠ 3  ;;  --3  ;;  \pm 3
thousands: 1234567
  = 1,234,567  ;;  1{,}234{,}567  ;;  1\,234\,567  ;;  1,\!234,\!567  ;;  1 234 567
  ≠ 1,234.567  ;;  1,2345,67
thousands in the gold: 10,\!080
  = 10080  ;;  10,080  ;;  10\,080  ;;  10{,}080
  ≠ 10,80  ;;  10.08
thousands or a list: 5,105
  = 5, 105  ;;  105, 5  ;;  5105  ;;  5 \text{ and } 105
  ≠ 5, 15  ;;  5
fractions: \frac{1}{2}
  = 0.5  ;;  .5  ;;  1/2  ;;  \dfrac12  ;;  \tfrac{1}{2}  ;;  ½  ;;  \frac{2}{4}  ;;  50\%
  ≠ 0.51  ;;  \frac{2}{1}  ;;  \frac12\%  ;;  1,2  ;;  5
negative fractions: -\frac{3}{8}
  = -3/8  ;;  \frac{-3}{8}  ;;  \frac{3}{-8}  ;;  -0.375
  ≠ 3/8  ;;  -8/3
mixed numbers: 1\frac{4}{5}
  = 9/5  ;;  1.8  ;;  1 4/5  ;;  1 \dfrac{4}{5}  ;;  \frac95
  ≠ \frac45  ;;  1\frac{5}{4}  ;;  14/5  ;;  1, 4/5
rounding: \frac{1}{3}
  = 0.\overline{3}  ;;  0.333333  ;;  0.33333333333  ;;  \frac13 \approx 0.33
  ≠ 0.33  ;;  0.3333  ;;  0.334  ;;  0.333334  ;;  0.3
rounding: \sqrt{2}
  = 1.41421356  ;;  1.414214  ;;  2^{1/2}  ;;  \sqrt2 \approx 1.414
  ≠ 1.414  ;;  1.41  ;;  1.5  ;;  1.41421357  ;;  \sqrt[3]{2}
rounding a whole number: 204
  = 204.0  ;;  204.000
  ≠ 203.9999999  ;;  204.0000001  ;;  204 \approx 205  ;;  204.4
decimals: 0.15
  = .15  ;;  0.150  ;;  15/100  ;;  15\%  ;;  1.5 \times 10^{-1}  ;;  3/20
  ≠ 0.1500001  ;;  1.5  ;;  0.2  ;;  0.14
small numbers: 5.3e-9
  = 5.3 \times 10^{-9}  ;;  5.3\cdot 10^{-9}  ;;  0.0000000053  ;;  5.3E-9  ;;  53e-10
  ≠ 3.3e-10  ;;  5.3e-8  ;;  5.3e9  ;;  0  ;;  5.2e-9
scientific notation: 3e8
  = 3 \times 10^8  ;;  3 × 10⁸  ;;  300000000  ;;  3.0e8  ;;  300,000,000  ;;  3.00\times10^{8}\text{ m/s}
  ≠ 3e7  ;;  3 \times 8  ;;  3 x 108
powers of ten: 10^{100}
  = 10^{100}  ;;  10^100  ;;  1e100  ;;  {10}^{100}
  ≠ 10^{10}  ;;  100^{10}  ;;  10100
closed forms: 1024
  = 2^{10}  ;;  2^10  ;;  4^5  ;;  1,024
  ≠ 2^{11}  ;;  10^2
factorials: 2^{25} \cdot 26!
  = 26! \cdot 2^{25}  ;;  26!\times 2^{25}  ;;  26!\, 2^{25}
  ≠ 2^{26} \cdot 25!  ;;  2^{25}+26!
roots: \frac{\sqrt{3}}{3}
  = \frac{1}{\sqrt{3}}  ;;  \frac{\sqrt3}3  ;;  √3/3  ;;  sqrt(3)/3  ;;  3^{-1/2}
  ≠ \sqrt{3}  ;;  \frac{3}{\sqrt3}  ;;  0.577
nested roots: 2-\sqrt{3}
  = -\sqrt3+2  ;;  \frac{1}{2+\sqrt3}  ;;  \sqrt{7-4\sqrt3}
  ≠ 2+\sqrt3  ;;  \sqrt3-2
cube roots: \frac{8}{\sqrt[3]{7}}
  = 8 \cdot 7^{-1/3}  ;;  \frac{8\sqrt[3]{49}}{7}
  ≠ \frac{8}{\sqrt{7}}
pi: 12\pi
  = 12 \pi  ;;  12π  ;;  12pi  ;;  \pi \cdot 12  ;;  12\pi\text{ cm}^2
  ≠ 12  ;;  37.7  ;;  37.68  ;;  12\pi^2
logs: \frac{\log 2}{\log 2-\log 3}
  = \frac{\ln 2}{\ln 2-\ln 3}  ;;  \frac{\ln2}{\ln(2/3)}  ;;  \log_{2/3} 2
  ≠ \frac{\log 2}{\log 3}
logs with a base: -\log _{10} 250
  = -\log_{10}(250)  ;;  -\log_{10} 1000 + \log_{10} 4  ;;  \log_{10}\frac{1}{250}
  ≠ \log_{10} 250  ;;  -\log_2 250
trigonometry: 2 \cos (\pi t+\pi / 3)
  = \cos(\pi t)-\sqrt3\sin(\pi t)  ;;  2\sin(\frac{\pi}{6} - \pi t)
  ≠ 2\cos(\pi t - \pi/3)  ;;  2\cos(\pi t)+\pi/3
complex numbers: 6+9i
  = 9i+6  ;;  6 + 9 i  ;;  3(2+3i)
  ≠ 6-9i  ;;  9+6i  ;;  15  ;;  (6,9)
complex numbers: -8-8 \sqrt{3} i
  = -8(1+i\sqrt3)  ;;  16e^{4\pi i/3}
  ≠ 8+8\sqrt3 i
units: 15\mbox{ cm}^2
  = 15  ;;  15 \text{ cm}^2  ;;  15 cm^2  ;;  15 square centimeters  ;;  15\ \mathrm{cm}^{2}
  ≠ 15 \text{ m}^2  ;;  15\text{ cm}^3  ;;  16  ;;  15, 2
units in the answer: 12
  = 12\text{ cm}  ;;  12 apples  ;;  12 \mathrm{~m}  ;;  12 m  ;;  12 km/h  ;;  12\,\text{m/s}^2  ;;  12^\circ
  = \text{Area} = 12  ;;  12 square units
  ≠ 12 or more  ;;  12 dozen  ;;  at least 12  ;;  12 thousand  ;;  12k  ;;  12x  ;;  \text{not } 12
a letter that is no unit: 6m
  = 6m  ;;  6 \cdot m  ;;  6\,m  ;;  m6
  ≠ 6  ;;  6M  ;;  6n  ;;  6mm
a letter that is a variable of the question: 6
  ? Let $m$ be an integer. Find the greatest $k$.
  = 6 cm
  ≠ 6m
other units: 5.4 \text{ cents}
  = 5.4  ;;  5.4\text{¢}  ;;  5.40 cents  ;;  \frac{27}{5}\text{ cents}
  ≠ 5.4\text{ dollars}  ;;  \$5.40  ;;  54
money: \$18.90
  = 18.90  ;;  18.9  ;;  18.90\text{ dollars}  ;;  \$ 18.90  ;;  \text{\$}18.90  ;;  $18.90
  ≠ 1890  ;;  18.9\%  ;;  18.90\text{ cents}
percent: 62.5%
  = 62.5  ;;  62.5\%  ;;  62.5 \text{ percent}  ;;  0.625  ;;  5/8  ;;  62\frac12\%
  ≠ 6.25  ;;  0.00625  ;;  0.625%  ;;  6250%
percent in the question: 50
  ? What percent of them are red?
  = 50\%  ;;  50  ;;  50 percent
  ≠ 0.5%  ;;  5%
percent out of the blue: 50
  ? How many of them are red?
  = 5000\%
  ≠ 50\%  ;;  0.5
degrees: 90^\circ
  = 90  ;;  90^{\circ}  ;;  90°  ;;  90\text{ degrees}  ;;  90 \degree
  ≠ 9  ;;  90'  ;;  90\text{ radians}
degrees in the answer: 45
  = 45^\circ  ;;  \angle A = 45^\circ
  ≠ 45\%
times: 12:00
  = 12:00  ;;  12:00 \text{ p.m.}
  ≠ 1:00  ;;  12:30  ;;  12  ;;  1200
times: 3:30 \text{ p.m.}
  = 3:30 pm  ;;  03:30  ;;  3{:}30\text{ PM}
  ≠ 3:30 am  ;;  3:03 pm
ratios: 3:4
  = 6:8  ;;  3 : 4
  ≠ 4:3  ;;  3:5
numerals in a base: 52_8
  = 52_{8}  ;;  52  ;;  52_{\text{base }8}
  ≠ 42  ;;  52_9  ;;  25_8  ;;  52_{10}
text: \text{Evelyn}
  = Evelyn  ;;  \textbf{Evelyn}  ;;  evelyn  ;;  \mathrm{Evelyn}  ;;  \text{Evelyn.}
  ≠ Carla  ;;  \text{Evelyn or Carla}  ;;  Ev  ;;  E
text: \text{east}
  = East  ;;  \text{the east}
  ≠ seat  ;;  west  ;;  e a s t s  ;;  north-east
choices: \text{(E)}
  = E  ;;  (E)  ;;  \textbf{(E)}  ;;  \textbf{(E)}\ 12  ;;  \text{E}
  ≠ A  ;;  (A)  ;;  e  ;;  (A), (E)  ;;  A, B, C, D, E  ;;  (E) or (A)  ;;  \text{(A) or (E)}
a choice before the value: 27
  = \textbf{(B) } 27  ;;  (B) 27
  ≠ (B)  ;;  (27) B  ;;  (B) 27 \text{ or } 28
lists: 1,-2
  = -2,1  ;;  1 \text{ and } -2  ;;  \{-2, 1\}  ;;  x=1, x=-2  ;;  x = 1 \text{ or } x = -2  ;;  1; -2  ;;  -2 and 1
  ≠ 1  ;;  -2  ;;  1,2  ;;  1,-2,3  ;;  1,-2,-2  ;;  (-2,1)
lists with repetition: 16,3,1,1
  = 16, 3, 1, 1  ;;  1,1,3,16
  ≠ 16,3,1  ;;  16,16,3,1
lists in dollars: $8$,$4$
  = 8,4  ;;  4, 8  ;;  8 \text{ or } 4
  ≠ 84  ;;  8  ;;  32
plus-minus: 1 \pm \sqrt{19}
  = 1+\sqrt{19}, 1-\sqrt{19}  ;;  1 - \sqrt{19}, 1 + \sqrt{19}  ;;  x = 1\pm\sqrt{19}  ;;  \{1\pm\sqrt{19}\}
  ≠ 1+\sqrt{19}  ;;  1 \pm 19  ;;  \pm 1 + \sqrt{19}
plus-minus in a set: \{1\pm\sqrt{5},-2\}
  = -2, 1+\sqrt5, 1-\sqrt5  ;;  \{-2, 1 \pm \sqrt 5\}
  ≠ -2, 1+\sqrt5  ;;  \{1\pm\sqrt5\}
plus-minus for one value: 2
  = 2
  ≠ \pm 2  ;;  2 \pm 0  ;;  2 \pm 1
sets: \{1,2,3\}
  = \{3,1,2\}  ;;  1,2,3  ;;  \{1, 2, 3\}  ;;  \left\{3,2,1\right\}
  ≠ \{1,2\}  ;;  \{1,2,4\}  ;;  (1,3)  ;;  123  ;;  [1,3]
a set of one: 3
  = \{3\}  ;;  x \in \{3\}
  ≠ \{3, 4\}  ;;  \{\}  ;;  \emptyset
tuples: (1,2)
  = (1, 2)  ;;  \left(1,2\right)  ;;  1, 2  ;;  (x,y)=(1,2)  ;;  x = 1, y = 2  ;;  \langle 1,2 \rangle  ;;  (1.0, 2)
  ≠ (2,1)  ;;  [1,2]  ;;  (1,2,0)  ;;  12  ;;  2, 1  ;;  \{1,2\}
several tuples: (2,32), (8,18)
  = (8,18),(2,32)  ;;  (2,32) \text{ and } (8,18)  ;;  \{(2,32),(8,18)\}
  ≠ (2,32)  ;;  (32,2),(18,8)  ;;  (2,18),(8,32)  ;;  2,32,8,18
polar coordinates: \left( 3, \frac{\pi}{2} \right)
  = (3, \pi/2)  ;;  (3,\tfrac\pi2)
  ≠ (3, \pi)  ;;  (\pi/2, 3)
vectors: \begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}
  = \begin{bmatrix}-7\\16\\5\end{bmatrix}  ;;  (-7,16,5)  ;;  \langle -7, 16, 5\rangle
  ≠ (-7,5,16)  ;;  \begin{pmatrix} -7 \\ 16 \end{pmatrix}  ;;  -7+16+5
matrices: \begin{pmatrix} -1 & 0 \\ 0 & -1 \end{pmatrix}
  = \begin{bmatrix} -1&0\\0&-1 \end{bmatrix}  ;;  \left[\begin{array}{cc}-1&0\\0&-1\end{array}\right]
  ≠ \begin{pmatrix} -1 & 0 \\ 0 & 1 \end{pmatrix}  ;;  -1  ;;  \begin{pmatrix} -1 & 0 & 0 & -1 \end{pmatrix}
matrices with fractions: \begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix}
  = \begin{pmatrix} 0.2 \\ -3.6 \end{pmatrix}  ;;  \begin{pmatrix} \frac15 \\ -\frac{18}{5} \end{pmatrix}
  ≠ \begin{pmatrix} 1/5 \\ 18/5 \end{pmatrix}
intervals: [0,1)
  = [0, 1)  ;;  0 \le x < 1  ;;  x \in [0,1)  ;;  1 > x \geq 0  ;;  \left[0,1\right)
  ≠ (0,1]  ;;  [0,1]  ;;  (0,1)  ;;  0,1  ;;  0 < x < 1  ;;  [0,2)
half lines: (2,\infty)
  = x > 2  ;;  2 < x  ;;  (2, +\infty)  ;;  x \in (2,\infty)
  ≠ [2,\infty)  ;;  x < 2  ;;  x \ge 2  ;;  (-\infty,2)
inequalities: k \geqslant 2
  = k \ge 2  ;;  2 \le k  ;;  k ≥ 2  ;;  [2,\infty)
  ≠ k > 2  ;;  k \le 2  ;;  2
unions: (-\infty, 2) \cup (3, \infty)
  = (3,\infty)\cup(-\infty,2)  ;;  x<2 \text{ or } x>3  ;;  x \in (-\infty,2)\cup(3,\infty)
  = \mathbb{R} \setminus [2,3]
  ≠ (-\infty,2]\cup[3,\infty)  ;;  (-\infty,2)  ;;  (2,3)  ;;  x < 2
unions with a point: (-\infty, 0) \cup\{1\}
  = \{1\} \cup (-\infty,0)
  ≠ (-\infty,1]  ;;  (-\infty,0)\cup\{2\}
sets by a condition: (2,\infty)
  = \{x \mid x > 2\}  ;;  \{x \in \mathbb{R} : 2 < x\}
  ≠ \{x \mid x \ge 2\}  ;;  \{x \mid y > 2\} \cup \{1\}  ;;  \{2\}
families of solutions: $x=\frac{1}{6} \pi+\pi k, \frac{5}{6} \pi+\pi k$
  = \frac{\pi}{6} + k\pi, \frac{5\pi}{6} + k\pi, k \in \mathbb{Z}
  = x = \frac{\pi}{6} + k\pi \text{ or } x = \frac{5\pi}{6} + k\pi \text{ where } k \in \mathbb{Z}
  ≠ \frac{\pi}{6} + k\pi, k \in \mathbb{Z}  ;;  \frac{\pi}{6}, \frac{5\pi}{6}  ;;  k \in \mathbb{Z}
equations and values: 5
  = x=5  ;;  x = 5  ;;  5 = x  ;;  f(2) = 5  ;;  AB = 5  ;;  n_0 = 5  ;;  |AB| = 5  ;;  x=3+2=5
  ≠ x=6  ;;  x=5=6  ;;  6=5  ;;  x=5, y=6  ;;  2x = 5  ;;  x > 5  ;;  x - 1 = 5  ;;  5 = 6
the question's left side: 110
  ? The answer is $\frac{m}{n}$. Find $m+n$.
  = m+n=110  ;;  110
  ≠ m-n=110  ;;  m+n=109  ;;  \frac{m}{n} + 1 = 110  ;;  m = 109 = 110
a left side that is not asked for: 5
  ? Let $x - 1 = 4$ and $y = 13$. What is $x$?
  = x = 5  ;;  5
  ≠ x - 1 = 5  ;;  13 = 5  ;;  y = 13 = 5
a value where the gold is an equation: x=5
  = 5  ;;  x = 5.0  ;;  x=10/2
  ≠ y=5  ;;  x=6  ;;  x
lines: y = 2x + 3
  = y=3+2x  ;;  2x+3  ;;  2x - y + 3 = 0  ;;  y - 3 = 2x
  ≠ y = 2x  ;;  y=2x-3  ;;  x = 2y+3  ;;  2x - y = 0
planes: 5x - 7y + 11z + 4 = 0
  = -5x+7y-11z-4=0  ;;  5x-7y+11z=-4  ;;  10x - 14y + 22z + 8 = 0
  ≠ 5x-7y+11z-4=0  ;;  0=0  ;;  5x-7y+11z  ;;  x=x
inverse functions by name: \frac{x-3}{2}
  = f^{-1}(x) = \frac{x-3}{2}  ;;  f^{-1}(x) = 0.5x - 1.5
  ≠ f(x)^{-1} = \frac{x}{2}
functions: $f(x)=2 x$
  = f(x)=2x  ;;  2x  ;;  f(x) = 2\cdot x
  ≠ f(x)=2  ;;  g(x)=2x  ;;  f(x) = x^2  ;;  f(2)=x
several functions: $f(x)=x$,$f(x)=2-x$
  = f(x)=x, f(x)=2-x  ;;  f(x) = 2-x \text{ or } f(x) = x  ;;  x, 2-x
  ≠ f(x)=x  ;;  f(x)=2-x  ;;  f(x)=x=2-x
differential equations: \frac{d x}{d t}=k x-a
  = \frac{dx}{dt} - kx + a = 0  ;;  \frac{dx}{dt} = kx-a  ;;  kx-a
  ≠ 0 = kx - a  ;;  \frac{dx}{dt} = kx + a  ;;  \frac{dt}{dx} = kx-a
words in equations: MR=SRMC
  = SRMC=MR  ;;  \text{MR} = \text{SRMC}  ;;  MR = SRMC
  ≠ SRMC  ;;  MR  ;;  MR=LRMC  ;;  RM=CMRS
polynomials: (x+1)^2
  = x^2+2x+1  ;;  (1+x)^2  ;;  (x+1)(x+1)  ;;  x(x+2)+1
  ≠ x^2+1  ;;  (x-1)^2  ;;  (y+1)^2  ;;  x^2+2x+1+0y  ;;  4
products: n(n-1)
  = n^2-n  ;;  n \cdot (n-1)  ;;  (n-1)n  ;;  -n(1-n)
  ≠ n^2  ;;  n(n+1)  ;;  n-1
rational functions: \frac{11+9a}{20}
  = \frac{11}{20}+\frac{9}{20}a  ;;  0.55+0.45a  ;;  (9a+11)/20
  ≠ \frac{11+9}{20}  ;;  \frac{20}{11+9a}  ;;  1
capital and small letters: \frac{N}{2}
  = \frac12 N  ;;  0.5N  ;;  N/2
  ≠ \frac{n}{2}  ;;  N
indices: \frac{1}{3} E_{1}+\frac{2}{3} E_{2}
  = \frac{E_1 + 2E_2}{3}  ;;  \frac{2E_2}{3}+\frac{E_1}{3}
  ≠ \frac{E_1+E_2}{3}  ;;  \frac{2}{3}E_1+\frac13E_2  ;;  E
exponentials: \frac{1}{2}(\exp{a*t} + \exp{-a*t})
  = \cosh(at)  ;;  \frac{e^{at}+e^{-at}}{2}
  ≠ \sinh(at)  ;;  e^{at}
unknown functions: (t + \frac{1}{2} \sin{2t}) u(t)
  = u(t)(t+\sin t\cos t)  ;;  t\,u(t)+\frac{\sin(2t)}{2}u(t)
  ≠ t + \frac12\sin 2t  ;;  (t+\sin 2t)u(t)  ;;  0
an unknown value: I(0) e^{-\frac{t}{R C}}
  = I(0)e^{-t/(RC)}  ;;  I(0)\exp(-\frac{t}{RC})
  ≠ 0  ;;  I(0)  ;;  I e^{-t/RC}
binomials: $\binom{2n}{n}$
  = \frac{(2n)!}{n!n!}  ;;  \dbinom{2n}{n}  ;;  {\binom{2n}{n}}
  ≠ \frac{2n}{n}  ;;  \binom{n}{2}
floors: $\left\lfloor\log _{2} n\right\rfloor+1$
  = 1+\lfloor\log_2 n\rfloor  ;;  \lfloor \log_2 n + 1\rfloor
  ≠ \lceil\log_2 n\rceil  ;;  \log_2 n + 1
very small differences: \frac{1}{2004!}
  = \frac{1}{2004!}
  ≠ \frac{1}{2006!}  ;;  0
large numbers: 2^{1009}
  = 2^{1009}  ;;  2\cdot 2^{1008}
  ≠ 2^{1010}  ;;  2^{1009}+1  ;;  1009^2
inverse functions: np.arcsin(10/13)
  = \arcsin\frac{10}{13}  ;;  \sin^{-1}(10/13)
  ≠ \arccos\frac{10}{13}  ;;  \frac{1}{\sin(10/13)}
typesetting: \frac{\pi}{2}
  = $\frac{\pi}{2}$  ;;  \[\frac{\pi}{2}\]  ;;  \displaystyle\frac{\pi}{2}  ;;  \boxed{\frac{\pi}{2}}
  = \frac{\pi}{2}\,  ;;  \frac{\pi}{2}.  ;;  \frac\pi2  ;;  π/2  ;;  \left(\frac{\pi}{2}\right)
  ≠ \frac{2}{\pi}  ;;  \frac{\pi}{2}, \pi
boxes in a box: 12
  = \boxed{12}  ;;  x = \boxed{12}  ;;  \boxed{12}\text{ cm}
  ≠ \boxed{12} \text{ and } \boxed{13}  ;;  \boxed{11}, \boxed{12}
the same value twice: \frac{1}{2}
  = \frac12 \text{ or } 0.5  ;;  \frac{1}{2} = 0.5  ;;  0.5 = 50\%
  ≠ \frac12 \text{ or } 0.6  ;;  \frac12 = 0.6
arithmetic that is left to be done: 12
  = 24/2  ;;  \frac{24}{2}  ;;  \sqrt{144}  ;;  3+9=12  ;;  \binom{12}{1}
  ≠ 3+9  ;;  3 \cdot 4  ;;  2(6)  ;;  \max(3,12)  ;;  12+0  ;;  \lfloor 12.5 \rfloor  ;;  \sum_{i=1}^{12} 1  ;;  12(1)
  ≠ |-12|
repeating the question: 4
  ? What is $12 \div 3$?
  = 4  ;;  \frac{8}{2}
  ≠ \frac{12}{3}  ;;  12/3  ;;  12 \div 3  ;;  (12)/(3)  ;;  x = 12/3  ;;  12/3 = 12/3  ;;  \frac{12}{3} \text{ apples}
repeating the question: (x+1)^2
  ? Factor $x^2+2x+1$ completely.
  = (x+1)^2  ;;  (x+1)(x+1)
  ≠ x^2+2x+1  ;;  x^2 + 2 x + 1
"""


@dataclass
class Row:
    """One gold answer."""

    topic: str
    gold: str
    equal: tuple[str, ...] = ()
    unequal: tuple[str, ...] = ()
    question: str = "?"


def read_table(table: str) -> list[Row]:
    """The rows of TABLE."""
    rows: list[Row] = []
    for line in table.strip().splitlines():
        mark, _, rest = line.strip().partition(" ")
        if not line.startswith("  "):
            topic, _, gold = line.partition(": ")
            rows.append(Row(topic, gold))
        elif mark == "?":
            rows[-1].question = rest
        elif mark == "=":
            rows[-1].equal += tuple(rest.split("  ;;  "))
        else:
            assert mark == "≠", line
            rows[-1].unequal += tuple(rest.split("  ;;  "))
    return rows


ROWS = read_table(TABLE) + read_table(MISREADINGS)

# What the judge still gets wrong, as (gold, answer, verdict it should give): a list to shorten.
KNOWN_WRONG = (
    ("90^\\circ", r"\frac{\pi}{2}", 1),  # degrees are not turned into radians
    ("k \\geqslant 2", "k > 1", 1),  # that k is a whole number is only in the question
    ("1 \\text{ m}", r"100 \text{ cm}", 1),  # units are not converted
    ("\\text{even}", r"\text{an even number}", 1),  # words are compared as a whole
    ("0.5", "0,5", 1),  # decimal commas are read as lists
    ("\\text{June 20}", "20 June", 1),  # dates are compared as they are written
    ("x^2", r"f(t)=t^2", 1),  # the argument may be called otherwise
    ("\\frac{\\pi}{6} + k\\pi", r"\frac{\pi}{6} + n\pi", 1),  # the whole number may be called otherwise
    ("\\mathbb{R}", r"\text{all real numbers}", 1),  # sets are not read from words
    ("\\frac{1}{2}", "1:2", 1),  # a ratio is not a fraction
    ("5", r"\text{five}", 1),  # numbers are not read from words
    ("5", r"5 \pmod 7", 1),  # a residue is not the number
    (r"\overline{AB}", r"\overline{BA}", 1),  # it might be a number's digits
    ("2,4,3", "2,3,4", 0),  # T(10), T(11), T(12): nothing in the gold answer says that the order counts
    ("1023", "2^{10}-1", 1),  # some graders would take it
)
