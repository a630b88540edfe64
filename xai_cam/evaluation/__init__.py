"""Is the model right? Figures and charts of its predictions on images of known class."""
