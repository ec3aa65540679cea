"""Systems that mix, compared over songs and references: every term apart, with intervals over songs."""
