"""Class activation maps: methods, the evidence they need, and the explainer that brings the two together."""
