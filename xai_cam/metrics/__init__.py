"""How far to believe a map: faithfulness, agreement, intervals, and comparisons of methods."""
