"""The console as a function with gradients, in torch: the exact audio laws, and a faster form of them."""
