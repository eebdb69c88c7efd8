"""The nets that lie in the package: unchanged, and answering."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib import resources

import numpy as np
import pytest

from backline.content.media.nets import run_net

DATA = resources.files("backline.content") / "data"
CHECKSUMS = dict(
    re.findall(r"`(\w+\.tflite)`.*?`([0-9a-f]{64})`", (DATA / "README.md").read_text())
)


@pytest.mark.parametrize("name", [file.name for file in DATA.iterdir() if "tflite" in file.name])
def test_each_net_is_the_one_that_is_written_down(name: str) -> None:
    """Origin and checksum stand beside every file, and the file is that file."""
    assert sha256((DATA / name).read_bytes()).hexdigest() == CHECKSUMS[name]


def test_the_licence_lies_beside_them() -> None:
    """Apache 2.0 asks for it."""
    assert "Apache License" in (DATA / "LICENSE.mediapipe").read_text()


@pytest.mark.parametrize(
    ("name", "side", "sizes"),
    [
        ("face_detection_short_range", 128, [896, 896 * 16]),
        ("face_landmark", 192, [1, 468 * 3]),
        ("selfie_segmentation", 256, [256 * 256]),
    ],
)
def test_all_outputs_arrive_the_smallest_first(name: str, side: int, sizes: list[int]) -> None:
    """An engine that drops outputs would be found out here."""
    outputs = run_net(name, np.zeros((side, side, 3), np.float32))  # type: ignore[arg-type]
    assert [output.size for output in outputs] == sizes
