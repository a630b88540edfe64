"""What a model takes: the shape of its input, the scaling that it expects, and pictures made into that."""
