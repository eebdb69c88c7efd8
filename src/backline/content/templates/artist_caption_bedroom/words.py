"""What this template says when nobody wrote a caption: blunt, lower case, no sales talk."""

from backline.content.templates.template import CaptionWords

WORDS = CaptionWords(
    tone="deadpan, as typed at two in the morning and posted without reading it again",
    rules=(
        "lower case, no full stop at the end",
        "never asks for anything: no links, no out now",
        "says one true small thing and leaves",
    ),
    lower_case=True,
    grammar={
        "short_lyric": ("{lyric}", "{lyric}", "still mean it: {lyric}", "{lyric} (i did)"),
        "short_song": (
            "{title} at {hour}",
            "i wrote {title} in this room",
            "nobody asked but this is {title}",
            "{title} sounds better with the lights off",
            "played {title} to the {thing} first",
            "this is {title}, sorry in advance",
        ),
        "short": (
            "made this instead of sleeping",
            "the {thing} heard it first",
            "anyway, i wrote you another one",
            "wrote this at {hour} and left it",
            "not sad, just {state}",
            "told everyone i was {busy}",
            "my neighbours know every word by now",
        ),
        "medium_lyric": (
            "i sang {lyric} into my phone at {hour} and {after}",
            "there is a line in this one that goes {lyric}, and {after}",
        ),
        "medium_song": (
            "{title} started as a voice note at {hour}. i meant to fix it and {after}",
            "told everyone i was {busy}. really i was in here with {title}, and {after}",
            "i have played {title} to the {thing} so often now, and {after}",
        ),
        "medium": (
            "wrote this at {hour} with the lights like this. i meant to fix it and {after}",
            "told everyone i was {busy}. really i was in here with this one, and {after}",
            "the {thing} has heard this more often than anyone should, and {after}",
        ),
        "long_lyric": ("{opening}. the first thing i had was {lyric}. {middle}. {ending}",),
        "long_song": ("{opening}. it is called {title}. {middle}. {ending}",),
        "long": ("{opening}. it did not have a name for weeks. {middle}. {ending}",),
        "opening": (
            "i was supposed to be asleep and the room looked like this, so i wrote something down",
            "it was {hour} and the heating was off, and this came out more or less in one go",
            "everyone else had gone home and i told them i was {busy}, which was not true",
        ),
        "middle": (
            "i sang it under a blanket so nobody next door would hear, and then played it so "
            "loud that they did",
            "i changed every word twice and then changed them all back, because the first "
            "version was the one that was true",
            "i kept the take where you can hear the {thing}, because the clean one did not "
            "sound like me",
        ),
        "ending": (
            "if you know who it is about, no you do not",
            "that is the whole story, you can go back to scrolling now",
            "it is out of my hands now and i feel strange about it",
        ),
        "after": (
            "now it is just how it goes",
            "now i can not hear it any other way",
            "i think that was the right decision, probably",
            "nobody has said anything yet, so i am leaving it",
        ),
        "hour": ("2 am", "3 in the morning", "half past one", "4:12 am"),
        "thing": ("ceiling", "cat", "plant", "radiator", "laundry"),
        "state": ("awake", "musical about it", "in here", "quiet"),
        "busy": ("busy", "asleep", "fine", "out of town"),
    },
)
