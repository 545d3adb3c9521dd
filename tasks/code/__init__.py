"""Code benchmarks: questions whose answer is a program that tests decide on."""
