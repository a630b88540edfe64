"""Runs over many images: where outputs go, which are up to date, and what each kind of run writes."""
