"""What a model gives: its final activation, what its units mean, and the scores that are read off them."""
