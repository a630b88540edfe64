"""Adds the sample models, which lie beside the package, to what `setup.cfg` declares."""

from typing import Any

from setuptools import Distribution, setup


class WithSampleModels(Distribution):
    """`packages = find:` finds `xai_cam` alone; `sample_models/` is installed as `xai_cam.sample_models`."""

    def parse_config_files(self, *args: Any, **kwargs: Any) -> None:
        """Read `setup.cfg`, and add the package that it cannot name."""
        super().parse_config_files(*args, **kwargs)
        self.packages = [*self.packages, "xai_cam.sample_models"]


setup(distclass=WithSampleModels)
