"""Containers of models other than one file of JSON, HDF5 or zip: what they hold, and what is none."""
