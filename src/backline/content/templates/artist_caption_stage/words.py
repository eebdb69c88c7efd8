"""What this template says when nobody wrote a caption: the minute before and after a show, lower case."""

from backline.content.templates.template import CaptionWords

WORDS = CaptionWords(
    tone="out of breath, said to whoever stands at the bar",
    rules=(
        "lower case, no full stop at the end",
        "about one night in one room, never about numbers or tickets",
        "a little too honest, not proud of it",
    ),
    lower_case=True,
    grammar={
        "short_lyric": ("{lyric}", "{lyric}", "sing it back: {lyric}", "row three knew: {lyric}"),
        "short_song": (
            "we opened with {title} and stayed up there",
            "{title} but make it loud",
            "nobody sat down for {title}",
            "played {title} {times}, nobody stopped us",
            "{title}, from the back of the room",
        ),
        "short": (
            "forty people and it felt like more",
            "played it {times}, nobody stopped us",
            "the {part} was louder than planned",
            "one more, they said, so one more",
            "i remember the lights and nothing else",
            "you had to be there, some of you were",
        ),
        "medium_lyric": (
            "i forgot the second verse and they sang {lyric} for me, and {after}",
            "somebody in the third row shouted {lyric} before i got to it, and {after}",
        ),
        "medium_song": (
            "we were told to finish by eleven and played {title} {times} instead, and {after}",
            "the {part} gave up in the middle of {title} and nobody noticed, and {after}",
        ),
        "medium": (
            "we were told to finish by eleven and played this {times} instead, and {after}",
            "the {part} gave up halfway through this one and nobody noticed, and {after}",
            "i counted forty people, they counted as four hundred, and {after}",
        ),
        "long_lyric": ("{opening}. then came {lyric}. {middle}. {ending}",),
        "long_song": ("{opening}. then we played {title}. {middle}. {ending}",),
        "long": ("{opening}. then we played this one. {middle}. {ending}",),
        "opening": (
            "the room held sixty and there were forty in it, which is how you want it",
            "we carried everything up two flights of stairs and the lift was fixed by the time we left",
            "somebody had written our name on the door with a letter missing and we left it like that",
        ),
        "middle": (
            "the lights went blue at the wrong moment, which turned out to be the right one, and a "
            "person who had been on the phone put it away",
            "my voice went in the second chorus and forty people took over as if that had been the "
            "plan from the start",
            "the {part} came in too early and so did everyone else, and for a minute nobody was "
            "wrong",
        ),
        "ending": (
            "i would trade a great many quiet evenings for that one",
            "we packed up in the dark and hummed it all the way to the van",
            "if you were there, thank you, and if you filmed it, please send it",
        ),
        "after": (
            "my ears are still in that room",
            "i have not slept properly since",
            "that is the only reason i do this",
            "we will do it exactly like that again",
        ),
        "times": ("twice", "three times", "one more time"),
        "part": ("bass", "kick drum", "organ", "monitor"),
    },
)
