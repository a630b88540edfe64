"""Sanity checks of Adebayo et al. 2018: do a method's maps depend on the model, and on the class?"""

from xai_cam.sanity.result import Sanity
from xai_cam.sanity.sanity import sanity_check

__all__ = ["Sanity", "sanity_check"]
