"""Maps -> colours -> overlays; captions and figures."""
