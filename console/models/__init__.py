"""Networks: their ears, which need numpy alone, and the networks themselves, which need torch."""
