"""Trained models: loading, layers and head, preprocessing of inputs, saving."""
