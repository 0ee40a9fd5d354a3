"""The availability engine: pure functions from loaded facts to starts, no I/O and no clock."""
