"""What this template says when nobody wrote a caption: quiet pride, from behind the counter."""

from backline.content.templates.template import CaptionWords

WORDS = CaptionWords(
    tone="quiet pride, as someone who still buys records and just found their own",
    rules=(
        "never out now, never a link",
        "names the song, not the success",
        "the object matters: sleeve, side, groove, shelf",
    ),
    lower_case=False,
    grammar={
        "short_lyric": ("“{lyric}”", "Side A, track one: “{lyric}”", "“{lyric}” It turns."),
        "short_song": (
            "Filed under {artist}.",
            "{title}, at the right speed.",
            "{title}. Play it loud, put it back.",
            "Found {title} between two better-known records.",
            "{artist}, side {side}.",
        ),
        "short": (
            "Somebody pressed this. It was us.",
            "Side {side}, and nobody talks.",
            "It sounds like it looks.",
            "Still the best seat in the {place}.",
            "Put the needle down, let it go.",
        ),
        "medium_lyric": (
            "Drop the needle anywhere on side {side} and you get to “{lyric}” sooner or later. {close}",
            "The line people hum in the {place} is “{lyric}”, and they never notice. {close}",
        ),
        "medium_song": (
            "{title} went round on the {place} speakers this morning and two people looked up. {close}",
            "They keep {title} by {artist} in the {place}, right where I would have looked for it. {close}",
        ),
        "medium": (
            "It went round once on the {place} speakers this morning and two people looked up. {close}",
            "There is a dent in the sleeve already, from being taken out and put back. {close}",
        ),
        "long_lyric": ("{opening} The line I wait for is “{lyric}”. {middle} {close}",),
        "long_song": ("{opening} It says {title} on the spine. {middle} {close}",),
        "long": ("{opening} It is only a record. {middle} {close}",),
        "opening": (
            "I used to come in here with enough money for one record and stay until they closed.",
            "The first record I ever bought stood in a {place} like this one, third row from the door.",
            "You can hear a lot about a song from how it sounds on a shop's tired speakers.",
        ),
        "middle": (
            "Now there is one with our name on it between the others, and somebody has already "
            "put it back in the wrong place.",
            "Today they let me put ours on, and I stood by the window and pretended to look "
            "through the new arrivals while it played.",
            "We argued about the running order for a month, and it turns out that the room "
            "decides anyway.",
        ),
        "close": (
            "That will do.",
            "I left it where it was.",
            "No further questions.",
            "I think it is finished now.",
        ),
        "side": ("A", "B"),
        "place": ("shop", "back room", "corner"),
    },
)
