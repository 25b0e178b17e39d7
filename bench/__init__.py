"""Benchmarks. Each prints its figures and says how they were taken; none is a test."""
