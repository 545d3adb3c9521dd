"""Math benchmarks: questions with a final answer."""
