"""The learned controller: what it hears, which knobs it sets, the network, and how its answer becomes a Mix."""
