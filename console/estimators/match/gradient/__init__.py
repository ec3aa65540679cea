"""The parts of `match` that take gradients: they import PyTorch, and are imported only when it runs."""
