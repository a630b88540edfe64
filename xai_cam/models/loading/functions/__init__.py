"""TensorFlow's functions on the graphs of tf.keras -> layers and operations of Keras 3 that compute the same.

`calls` says how a call is written down, `table` which functions are known, and the modules between them what
each is in Keras; `translation` is the pass over a model. Nothing is called by its name.
"""
