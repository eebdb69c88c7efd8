"""Finished films, changed: cut, cropped, scaled, written on, set to other music."""
