"""Metrics of maps: faithfulness, agreement, confidence intervals, and comparisons of methods."""
