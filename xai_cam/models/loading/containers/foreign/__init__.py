"""What is no Keras model is called by its name: told by its bytes, with nothing imported or run for it."""
