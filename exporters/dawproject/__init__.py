"""DAWproject 1.0: the exchange format of Bitwig Studio, Studio One, Cubase and others, out and in."""
