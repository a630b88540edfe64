"""Pictures and outputs in object stores: URLs of `fsspec`, as `s3://bucket/photos/`."""
