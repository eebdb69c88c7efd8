"""Step 4 of a video: draw and encode the film, and store it."""

from __future__ import annotations

import msgspec

from backline.content.caption import draw_readable, draw_sung_lines, lines_of_clip
from backline.content.compose import Overlay, compose
from backline.content.finish import clip_frames, cut_clip, energy_per_frame
from backline.content.keepsakes import Keepsakes, poster_index
from backline.content.lipsync import Singing, sing_along
from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE, Area, Scene
from backline.content.media.loudness import normalise
from backline.content.media.picture import Picture, read_picture
from backline.content.motion import SceneFacts
from backline.content.order import Order
from backline.content.progress import Progress
from backline.content.providers import Outside
from backline.content.shape import shape_of
from backline.content.steps.captioning import ChosenCaption
from backline.content.steps.filming import OutsideFilm, film_outside
from backline.content.steps.listening import HeardSong, release_date
from backline.content.steps.picturing import ChosenPicture
from backline.content.templates import build_scene
from backline.content.titles import file_name_of
from backline.sdk import Context, StoredFile

_VIDEO, _POSTER, _PREVIEW = "video.mp4", "poster.jpg", "preview.webp"


class FinishedFilm(msgspec.Struct, frozen=True, kw_only=True):
    """The film, and whether its singer sings."""

    video: StoredFile
    poster: StoredFile
    preview: StoredFile
    lipsync: bool
    left_out: str
    """Why the mouth stays still although it was asked to move, or no service made the film; empty otherwise."""
    made_by: str = ""
    """The outside service that made it; empty for our own."""


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
    outside = film_outside(order, picture, clip, Outside(ctx), ctx)
    singing = _singing(order, source, heard, clip, outside)
    facts = _scene_facts(order, seed, heard, clip, singing)
    scene = outside.film or build_scene(order.template, source, facts)
    overlay = _overlay(order, caption, scene.faces, clip.duration_seconds)
    progress.begin("rendering", 0.25)
    _film(order, heard, scene, overlay, clip, ctx, progress)
    progress.begin("storing the video", 0.97)
    return FinishedFilm(
        video=_stored(ctx, _VIDEO, heard.title, "video/mp4"),
        poster=_stored(ctx, _POSTER, f"{heard.title} poster", "image/jpeg"),
        preview=_stored(ctx, _PREVIEW, f"{heard.title} preview", "image/webp"),
        lipsync=bool(singing.mouth) or outside.sings,
        left_out=" ".join(filter(None, [outside.left_out, singing.left_out])),
        made_by=outside.made_by,
    )


def _film(
    order: Order,
    heard: HeardSong,
    scene: Scene,
    overlay: Overlay | None,
    clip: Audio,
    ctx: Context,
    progress: Progress,
) -> None:
    """Write the film, its poster and its preview into the run's folder."""
    count = clip_frames(heard.clip.duration_seconds)
    tags = {"title": heard.title, "artist": order.artist_name or heard.artist}
    folder = ctx.workdir
    with Keepsakes(
        folder / _POSTER, folder / _PREVIEW, poster_index(heard.beats, count), count
    ) as keepsakes:
        compose(
            folder / _VIDEO,
            scene,
            overlay,
            clip,
            tags={**tags, "comment": f"made with backline, template {order.template}"},
            on_progress=lambda share: progress.reach(0.25 + 0.72 * share),
            master=normalise,
            shape=shape_of(order.aspect_ratio, upscale=order.upscale),
            watch=keepsakes.see,
        )


def _stored(ctx: Context, name: str, title: str, mime_type: str) -> StoredFile:
    file_name = file_name_of(title, name.rpartition(".")[2])
    return ctx.files.save(ctx.workdir / name, file_name=file_name, mime_type=mime_type)


def _overlay(
    order: Order, caption: ChosenCaption, faces: tuple[Area, ...], seconds: float
) -> Overlay | None:
    if caption.mode == "still":
        return draw_readable(caption.text, order.template, faces, seconds)
    by_word = caption.mode == "karaoke"
    return draw_sung_lines(caption.lines, order.template, faces, by_word=by_word)


def _singing(
    order: Order, picture: Picture, heard: HeardSong, clip: Audio, outside: OutsideFilm
) -> Singing:
    if not order.lipsync or outside.sings:
        return Singing()
    lines = lines_of_clip(heard.lines, heard.clip.start_seconds, heard.clip.duration_seconds)
    return sing_along(order.template, picture, clip, lines)


def _clip(heard: HeardSong, ctx: Context) -> Audio:
    path = ctx.files.open(heard.file_id)
    return cut_clip(path, heard.clip.start_seconds, heard.clip.duration_seconds)


def _scene_facts(
    order: Order, seed: int, heard: HeardSong, clip: Audio, singing: Singing
) -> SceneFacts:
    shape = shape_of(order.aspect_ratio, upscale=order.upscale)
    return SceneFacts(
        duration_seconds=clip_frames(heard.clip.duration_seconds) / FRAME_RATE,
        seed=seed,
        beats=heard.beats,
        energy=energy_per_frame(clip),
        mouth=singing.mouth,
        rounding=singing.rounding,
        title=heard.title,
        artist=order.artist_name or heard.artist,
        date=release_date(order, heard),
        top=shape.top,
        bottom=shape.bottom,
    )
