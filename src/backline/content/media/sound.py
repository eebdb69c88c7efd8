"""The film's sound: AAC, encoded once, so that what was listened to is what the film holds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.codec.context import Flags

from backline.content.media.audio import Audio, frames_of

SOUND_RATE_HZ = 48_000
SOUND_BITS_PER_SECOND = 192_000
_FRAME_SAMPLES = _RUN_UP_SAMPLES = 1024
"""AAC's frame; the encoder gives out one more before the sound begins, which players leave out."""


class EncodedSound(NamedTuple):
    """A stereo clip as AAC."""

    packets: tuple[av.Packet, ...]
    """Stamped in samples; the first lies before the sound."""
    header: bytes
    """What a decoder is told beforehand."""
    sample_count: int

    def heard(self) -> Audio:
        """Decode it: what a listener will get. AAC moves peaks, by up to 1 dB on hard-limited music."""
        decoder = av.CodecContext.create("aac", "r")
        decoder.extradata = self.header
        decoded = [frame for packet in (*self.packets, None) for frame in decoder.decode(packet)]
        samples = np.concatenate([frame.to_ndarray() for frame in decoded], axis=1)
        return Audio(samples[:, _RUN_UP_SAMPLES:][:, : self.sample_count], SOUND_RATE_HZ)


def encode_sound(clip: Audio) -> EncodedSound:
    """Encode a stereo clip at 48 kHz."""
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE_HZ, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = SOUND_BITS_PER_SECOND, Fraction(1, SOUND_RATE_HZ)
    encoder.flags |= Flags.global_header.value
    frames = (*frames_of(clip, _FRAME_SAMPLES), None)
    packets = tuple(packet for frame in frames for packet in encoder.encode(frame))
    return EncodedSound(packets, encoder.extradata or b"", clip.samples.shape[1])


def add_sound(container: av.container.OutputContainer) -> av.AudioStream:
    """Add a stream to a file that is being written, which takes the packets of an encoded sound."""
    stream = container.add_stream("aac", rate=SOUND_RATE_HZ, layout="stereo")
    stream.bit_rate = SOUND_BITS_PER_SECOND
    return stream


def write_sound(clip: Audio, path: Path) -> None:
    """Write a stereo clip alone, as the film's AAC, to an m4a."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = add_sound(container)
        for packet in encode_sound(clip).packets:
            packet.stream = stream
            container.mux(packet)
