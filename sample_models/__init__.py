"""Two small trained image classifiers and the scripts that drew their pictures and trained them."""
