"""The activations of layers as pictures: looked at in one pass, put in order, drawn as grids of tiles."""
