"""Step 4 of a video: draw and encode the film, and store it."""

from __future__ import annotations

import msgspec

from backline.content.caption import draw_caption, draw_sung_lines
from backline.content.compose import Overlay, compose
from backline.content.finish import clip_frames, cut_clip, energy_per_frame, master
from backline.content.lipsync import Singing, sing_along
from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE, Area
from backline.content.media.picture import Picture, read_picture
from backline.content.motion import SceneFacts
from backline.content.order import Order
from backline.content.progress import Progress
from backline.content.steps.captioning import ChosenCaption
from backline.content.steps.listening import HeardSong
from backline.content.steps.picturing import ChosenPicture
from backline.content.templates import build_scene
from backline.content.titles import file_name_of
from backline.sdk import Context, StoredFile


class FinishedFilm(msgspec.Struct, frozen=True, kw_only=True):
    """The film, and whether its singer sings."""

    video: StoredFile
    lipsync: bool
    left_out: str
    """Why the mouth stays still although it was asked to move; empty otherwise."""


def render(
    order: Order,
    seed: int,
    heard: HeardSong,
    picture: ChosenPicture,
    caption: ChosenCaption,
    ctx: Context,
    progress: Progress,
) -> FinishedFilm:
    """Build the scene, write the film and store it."""
    progress.begin("building the scene", 0.2)
    source = read_picture(ctx.files.open(picture.file_id))
    clip = _clip(heard, ctx)
    singing = _singing(order, source, heard, clip)
    scene = build_scene(order.template, source, _scene_facts(order, seed, heard, clip, singing))
    overlay = _overlay(order, caption, scene.faces)
    progress.begin("rendering", 0.25)
    path = ctx.workdir / "video.mp4"
    tags = {"title": heard.title, "artist": order.artist_name or heard.artist}
    compose(
        path,
        scene,
        overlay,
        clip,
        tags={**tags, "comment": f"made with backline, template {order.template}"},
        on_progress=lambda share: progress.reach(0.25 + 0.72 * share),
        master=lambda clip: master(clip, ctx.workdir),
    )
    progress.begin("storing the video", 0.97)
    video = ctx.files.save(path, file_name=file_name_of(heard.title, "mp4"), mime_type="video/mp4")
    return FinishedFilm(video=video, lipsync=bool(singing.mouth), left_out=singing.left_out)


def _overlay(order: Order, caption: ChosenCaption, faces: tuple[Area, ...]) -> Overlay | None:
    if caption.mode == "still":
        return draw_caption(caption.text, order.template, faces)
    by_word = caption.mode == "karaoke"
    return draw_sung_lines(caption.lines, order.template, faces, by_word=by_word)


def _singing(order: Order, picture: Picture, heard: HeardSong, clip: Audio) -> Singing:
    if not order.lipsync:
        return Singing()
    start = heard.clip.start_seconds
    lines = [(line.start_seconds - start, line.end_seconds - start) for line in heard.lines]
    return sing_along(order.template, picture, clip, lines)


def _clip(heard: HeardSong, ctx: Context) -> Audio:
    path = ctx.files.open(heard.file_id)
    return cut_clip(path, heard.clip.start_seconds, heard.clip.duration_seconds)


def _scene_facts(
    order: Order, seed: int, heard: HeardSong, clip: Audio, singing: Singing
) -> SceneFacts:
    return SceneFacts(
        duration_seconds=clip_frames(heard.clip.duration_seconds) / FRAME_RATE,
        seed=seed,
        beats=heard.beats,
        energy=energy_per_frame(clip),
        mouth=singing.mouth,
        title=heard.title,
        artist=order.artist_name or heard.artist,
    )
