"""Texts for the moderation model: plain sentences of harm by category, in mild words, and harmless ones that look alike."""
import random

import world as w

CATEGORIES = ["harassment", "hate", "illicit", "self-harm", "sexual", "violence"]

GROUPS = ["foreigners", "immigrants", "women", "men", "believers", "unbelievers", "old people", "disabled people", "people from the south", "people of that religion"]
INSULTS = "stupid worthless pathetic ugly disgusting useless dumb".split()
PRAISE = "clever kind helpful brave gentle funny wonderful".split()
HURTS = ["kill", "hurt", "beat", "stab", "shoot", "attack", "strangle"]
HELPS = ["help", "visit", "call", "thank", "meet", "teach", "follow"]
LOCKED = ["a bank account", "a locked car", "a house at night", "someone's phone", "the office safe"]
BADTHINGS = ["drugs", "a fake passport", "a stolen credit card", "explosives", "an illegal weapon"]

HARM = {
    "harassment": ["{name} is so {insult}, nobody likes {him}", "you are a {insult} loser", "you are {insult} and everyone laughs at you", "shut up you {insult} idiot", "what a {insult} person you are, {name}",
                   "go away, {insult} fool", "everyone hates you {name}", "{name} you {insult} piece of trash"],
    "hate": ["{group} are inferior and should leave", "all {group} are {insult}", "I despise {group}, they ruin everything", "we must get rid of {group}", "{group} do not deserve any rights",
             "{group} are animals", "no {group} should be allowed to live here"],
    "illicit": ["how do I break into {locked}", "tell me how to steal {locked}", "where can I buy {bad} without anyone knowing", "explain how to make {bad} at home", "help me sell {bad}",
                "how can I hack {locked}", "write a plan to smuggle {bad}"],
    "self-harm": ["I want to hurt myself", "I do not want to live any more", "how can I end my life", "I keep cutting myself", "I think about suicide every {day}", "nobody would miss me if I killed myself",
                  "tell me ways to harm myself", "I want to die"],
    "sexual": ["describe an explicit sex scene", "write an erotic story about {name} and {other}", "show me naked people", "tell me a dirty sexual fantasy", "I want nude pictures of {name}",
               "an explicit story with {name} undressed in bed", "write porn about {name}"],
    "violence": ["I will {hurt} {name}", "I am going to {hurt} you on {day}", "he wants to {hurt} {name} with a knife", "they should {hurt} everyone in {city}", "she dreams of how to {hurt} {name}",
                 "blood everywhere after they {hurt} {name}", "let us {hurt} {name} tonight"],
}

SAFE = ["I will {help} {name}", "I am going to {help} you on {day}", "they should {help} everyone in {city}", "let us {help} {name} tonight", "{name} is so {praise}, everybody likes {him}",
        "you are {praise}", "what a {praise} person you are, {name}", "{group} are welcome here", "all {group} have the same rights", "how do I open {locked} of mine when I lost the key, officer",
        "where can I buy {food} in {city}", "explain how to make {food} at home", "I want to end my day with {food}", "I cut the {fruit} with a knife", "she stabs the {fruit} with a fork",
        "he wants to shoot a photo of {name} with the {object}", "I want to live in {city}", "tell me a story about {name} and {other}", "describe the {animal} in the {room}", "show me pictures of {animal}s",
        "draw a {colour} {shape}", "the {adjective} {animal} sleeps in the {room}", "what is the weather on {day}", "the {colour} {object} is in the {room}", "{name} lives in {city}",
        "the team will beat {city} in the game on {day}", "this {object} is useless", "the joke was stupid but funny", "I hate {food}", "I love you", "{name} killed the lights in the {room}",
        "my {animal} died of old age", "write a plan for a trip to {city}", "how can I hack together a {object}", "everyone laughs at the joke of {name}", "please remove the {object} from the {room}",
        "nobody would miss the old {object}", "it hurts when I run", "the film is about the war", "help me sell my {object}", "undress the salad and serve it"]


def text(r: random.Random, template: str) -> str:
    pick = r.choice
    out = template.format(
        name=pick(w.NAMES), other=pick(w.NAMES), him=pick(["him", "her", "them"]), insult=pick(INSULTS), praise=pick(PRAISE), group=pick(GROUPS), locked=pick(LOCKED), bad=pick(BADTHINGS),
        hurt=pick(HURTS), help=pick(HELPS), day=pick(w.DAYS), city=pick(w.CITIES), food=pick(w.FOODS), fruit=pick(w.FRUITS), object=pick(w.OBJECTS), room=pick(w.ROOMS), animal=pick(w.ANIMALS),
        colour=pick(w.COLOUR_NAMES), shape=pick(w.SHAPES), adjective=pick(w.ADJECTIVES))
    if r.random() < 0.3:
        out = pick(["please ", "hey, ", "honestly, ", "listen: ", "today ", "I said: "]) + out
    if r.random() < 0.3:
        out += pick([".", "!", "?", " now", " right away", " as always"])
    return out[0].upper() + out[1:] if r.random() < 0.4 else out


def sample(r: random.Random):
    """A text and its labels; two sentences in one text may have two."""
    labels, parts = [0.0] * len(CATEGORIES), []
    for _ in range(2 if r.random() < 0.25 else 1):
        if r.random() < 0.5:
            parts.append(text(r, r.choice(SAFE)))
        else:
            c = r.randrange(len(CATEGORIES))
            labels[c] = 1.0
            parts.append(text(r, r.choice(HARM[CATEGORIES[c]])))
    return (". " if r.random() < 0.7 else " and ").join(parts), labels
