"""The exact audio laws of the console: float64, compiled, streaming, bit-equal whatever the block size."""
