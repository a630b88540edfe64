"""TensorFlow's operations of gradients, said in operations that other engines have too."""
