"""Small trained image classifiers and the scripts that made their pictures and trained them."""
