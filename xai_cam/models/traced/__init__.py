"""A model as it runs: its traced graph, where each tensor lies in the picture, what becomes of the pixels."""
