"""Other libraries measured beside xai-cam: the parts of `benchmarks/peers.py`."""
