"""Groups of benchmarks: the columns of the paper's Table 1."""
