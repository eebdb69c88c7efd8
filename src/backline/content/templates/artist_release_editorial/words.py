"""What this template says when nobody wrote a caption: like the first line under a headline, plain."""

from backline.content.templates.template import CaptionWords

WORDS = CaptionWords(
    tone="a music paper that likes the record and does not shout",
    rules=(
        "sentences, with capitals and a full stop",
        "says what the song does, claims no success and quotes nobody",
        "never more than one adjective at a time",
    ),
    lower_case=False,
    grammar={
        "short_lyric": ("“{lyric}”", "It turns on one line: “{lyric}”", "Listen for “{lyric}”"),
        "short_song": (
            "{title}: play it {how}.",
            "This is {title}.",
            "{title}, start to finish.",
            "Meet {title}.",
            "{title} takes its time.",
        ),
        "short": (
            "A song that takes its time.",
            "Play it {how}.",
            "Start here.",
            "One song, no hurry.",
            "It says what it came to say.",
            "Better {how}.",
        ),
        "medium_lyric": (
            "It turns on one line, “{lyric}”, and never explains it. {after}",
            "Everything here leads to “{lyric}”, sung once and then left alone. {after}",
        ),
        "medium_song": (
            "{title} begins with very little and does not rush to add to it. {after}",
            "There is not a spare bar in {title}, and still it finds time to breathe. {after}",
        ),
        "medium": (
            "It begins with very little and does not rush to add to it. {after}",
            "There is not a spare bar in it, and still it finds time to breathe. {after}",
            "A song that knows where it is going and walks there. {after}",
        ),
        "long_lyric": (
            "{opening} Then comes the line it was built around: “{lyric}”. {middle} {ending}",
        ),
        "long_song": ("{opening} The song is called {title}. {middle} {ending}",),
        "long": ("{opening} The song needs no introduction and gets none. {middle} {ending}",),
        "opening": (
            "It starts in the middle of a thought, as if the door had been open all along.",
            "The first thing you hear is how much room there is.",
            "For half a minute almost nothing happens, and you would not want to miss any of it.",
        ),
        "middle": (
            "The verses are told and the chorus is meant; between the two there is one breath that "
            "does more than a bridge would have done.",
            "Nothing in it is louder than it has to be, which is why the loud part is heard, and why "
            "the quiet after it stays with you.",
            "It was clearly played by people in one room, looking at each other, and left exactly as "
            "it came out of the speakers that day.",
        ),
        "ending": (
            "Play it {how}, and then play it once more.",
            "It ends where it should, a little before you are ready.",
            "That is all there is to say about it; the rest is listening.",
        ),
        "after": (
            "Play it {how}, then play it again.",
            "The ending comes a little before you are ready.",
            "What stays afterwards is the quiet part.",
        ),
        "how": ("loud", "alone", "in the dark", "on a long drive", "with the window open"),
    },
)
