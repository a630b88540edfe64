"""Independent implementations that the package's numbers are checked against.

Nothing here imports `xai_cam`, TensorFlow, Keras or OpenCV, and nothing in `xai_cam` imports this folder: if
both sides agree, they agree because both follow the papers, not because they share a line. Everything is
NumPy in float64, written to be read: loops stay loops where the paper has a sum, and every step names its
array shapes.

==============  ==============================================================================
`layers`        the layers of a small convolutional network: forward, and backward to their input
`keras_files`   architecture JSON and H5 weights -> a list of layers with their weights
`keras1`        models of Keras 0 and 1, from their JSON and H5 files to their outputs
`network`       a chain of layers: outputs by name, logits, probabilities, the gradient of a logit
`resize`        bilinear resize with half-pixel centres
`cams`          the methods, on arrays and from end to end
`agreement`     rank correlation and overlap of maps, by counting
`estimates`     bootstrap intervals, drawn one image at a time
`faithfulness`  drop, increase, deletion, insertion, pointing
`figures`       accuracy, precision, AUC and its error, counted
`by_hand`       2 x 2 examples with the expected map worked out on paper
`samples`       small networks and Keras 2 files for the oracle's own tests
==============  ==============================================================================
"""
