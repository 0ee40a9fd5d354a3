"""Benchmarks: ratios in one run, printed as tables."""
