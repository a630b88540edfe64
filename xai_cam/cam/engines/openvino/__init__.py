"""The OpenVINO engine: TensorFlow's graphs converted, verified and kept."""
