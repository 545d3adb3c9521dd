"""Self-localisation (Figure 4 of the paper): which tokens of a response the reviser would change, and how much."""
