"""Callbacks for training with Keras. Importing this imports TensorFlow.

Watch    a strip of heat maps an epoch, so that one sees a model learn where to look
"""

from xai_cam.keras.watch import Watch

__all__ = ["Watch"]
