"""Pictures and what they show: finding, decoding, fitting; masks, labels, class specs, ground truth."""
