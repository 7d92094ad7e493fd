"""Small groups: what may change in a published cell, and which cells are hidden. Pure, numpy only."""

from careloop.privacy.admission import Touched, admitted
from careloop.privacy.suppression import System, hidden

__all__ = ["System", "Touched", "admitted", "hidden"]
