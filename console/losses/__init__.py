"""What is compared when two pieces of audio are to sound alike: terms, each told apart, and losses made of them."""
