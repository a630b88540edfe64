"""Independent implementations that the package's numbers are checked against.

Nothing here imports `xai_cam`, TensorFlow, Keras or OpenCV, and nothing in `xai_cam` imports this folder: if
both sides agree, they agree because both follow the papers, not because they share a line. Everything is
NumPy in float64, written to be read: loops stay loops where the paper has a sum, and every step names its
array shapes. Where a fast way stands beside the loops, a test says that both give the same.

In this order it can be read from the first pixel to the last figure.

A convolutional network:

==============  ==============================================================================
`arrays`        the two types all speak of
`windows`       im2col, col2im: windows cut out and added up again, with an example in numbers
`convolution`   forward, backward to the input and the weights: as sums, as matrix products
`pooling`       the maximum and the mean of windows, forward and backward
`layers`        what a layer is; ReLU, batch normalisation, flatten, dense; softmax and sigmoid
`kernels`       single kernels: their Fourier sum, correlation and stamping as loops
`keras_files`   architecture JSON and H5 weights -> a list of layers with their weights
`network`       a chain of layers: outputs by name, logits, probabilities, the gradient of a logit
==============  ==============================================================================

What it looked at:

==============  ==============================================================================
`resize`        bilinear resize with half-pixel centres
`by_hand`       the methods on 2 x 2 positions, with the expected map worked out on paper
`cams`          the methods as loops, on arrays and from end to end on a network
`targets`       which number is explained: of classes, values, pixels, embeddings, functions
==============  ==============================================================================

What the maps and the model are worth:

==============  ==============================================================================
`faithfulness`  drop, increase, deletion, insertion, pointing
`localisation`  relevance rank, boxes of maps, MaxBoxAcc
`agreement`     rank correlation and overlap of maps, by counting
`estimates`     bootstrap intervals, drawn one image at a time
`figures`       accuracy, precision, AUC and its error, counted
==============  ==============================================================================

Apart from these:

==============  ==============================================================================
`keras1`        models of Keras 0 and 1, from their JSON and H5 files to their outputs
`samples`       small networks and Keras 2 files for the oracle's own tests
==============  ==============================================================================
"""
