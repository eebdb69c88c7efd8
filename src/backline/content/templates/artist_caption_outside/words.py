"""What this template says when nobody wrote a caption: overheard on the way home, lower case."""

from backline.content.templates.template import CaptionWords

WORDS = CaptionWords(
    tone="a message to one person, sent while walking",
    rules=(
        "lower case, no full stop at the end",
        "speaks of the walk, the weather and the hour, never of charts or links",
        "sounds as if the phone went back into the pocket afterwards",
    ),
    lower_case=True,
    grammar={
        "short_lyric": ("{lyric}", "{lyric}", "all the way home: {lyric}", "{lyric}, {place}"),
        "short_song": (
            "walked home the long way for {title}",
            "{title}, {place}",
            "missed the last {ride} because of {title}",
            "{title} is what this street sounds like",
            "put {title} on and keep walking",
        ),
        "short": (
            "took the long way home again",
            "missed the last {ride}, wrote this",
            "this one is for walking",
            "it rained and i stayed out",
            "{place}, and nobody knows me",
            "the city was quiet for once",
        ),
        "medium_lyric": (
            "had {lyric} in my head from the {ride} to the front door, and {after}",
            "somebody at the crossing was humming. all i could think was {lyric}, and {after}",
        ),
        "medium_song": (
            "i played {title} in one ear the whole way home so i could still hear the rain, and {after}",
            "missed the last {ride} and had {title} on repeat for an hour of walking, and {after}",
        ),
        "medium": (
            "missed the last {ride}, so i walked for an hour with this on repeat, and {after}",
            "it had just stopped raining and every light was there twice, and {after}",
            "i took the long way home so that the song could finish, and {after}",
        ),
        "long_lyric": ("{opening}. the line that stayed was {lyric}. {middle}. {ending}",),
        "long_song": ("{opening}. the song was {title}. {middle}. {ending}",),
        "long": ("{opening}. i had one song with me. {middle}. {ending}",),
        "opening": (
            "it had rained all evening and stopped the moment i gave up on the {ride}",
            "everybody went in and i said i would be right there, and then i walked off",
            "i left early, which i never do, and the street was so empty it looked arranged",
        ),
        "middle": (
            "i counted four songs to the bridge and six from there to my door, and played the same "
            "one ten times instead",
            "every sign was on for nobody, and the ground showed all of it again, so i slowed down "
            "until the chorus came round",
            "a taxi stopped because it thought i had waved, and i had only been keeping time",
        ),
        "ending": (
            "nobody asked where i had been, and i would not have known what to say",
            "i was home before i noticed, and then i went round the block once more",
            "my shoes are still wet and i would do it again",
        ),
        "after": (
            "i was not even cold",
            "i think that was the best part of the night",
            "i would have kept going if the street had",
            "now it will always sound like that street to me",
        ),
        "place": (
            "corner of nowhere",
            "past midnight",
            "somewhere after two",
            "three stops too far",
        ),
        "ride": ("bus", "train", "tram"),
    },
)
