"""Training: what songs become examples, and how a network learns from them."""
