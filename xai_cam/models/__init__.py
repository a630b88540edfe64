"""Trained models: loaded from any file, seen as layers with a head, fed as they were trained, saved again."""
