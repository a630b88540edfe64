"""Runs over many images: what goes where, what is done already, and what each kind of run writes."""
