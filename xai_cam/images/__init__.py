"""Pictures and their classes: finding, decoding, fitting; masks, labels, class specs, ground truth."""
