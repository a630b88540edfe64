"""Evaluation of a classifier: figures and charts of its predictions on images of known class."""
