"""Figures of speed and memory, printed as ratios so that they mean the same on any machine."""
