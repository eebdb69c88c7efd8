"""Runs the small neural nets that look at pictures; each is loaded once, when first needed.

The files lie in ``content/data``, with their origin, licence and checksums.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

NetName = Literal["face_detection_short_range", "face_landmark", "selfie_segmentation"]
Values = NDArray[np.float32]


def run_net(name: NetName, image: Values) -> list[Values]:
    """Run a net on one picture and return its outputs, the smallest first.

    ``image`` is (side, side, 3), red first, of the side and range that the net
    was made for.
    """
    net = _net(name)
    net.setInput(np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32))
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    # The names of a net's outputs differ between OpenCV's versions; their sizes do not.
    return sorted((np.asarray(values, np.float32) for values in outputs), key=np.size)


@cache
def _net(name: NetName) -> Any:
    with resources.as_file(resources.files("backline.content") / "data" / f"{name}.tflite") as path:
        # OpenCV 5's new engine, which reading from memory always uses, loses all outputs but one.
        if hasattr(cv2.dnn, "ENGINE_CLASSIC"):
            return cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)
        return cv2.dnn.readNetFromTFLite(str(path))
