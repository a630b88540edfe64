"""The activations of layers as pictures: computed in one pass, sorted, drawn as grids of tiles."""
