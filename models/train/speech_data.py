"""What the mini whisper hears: sentences of the micro-world, English and some German, and the voices that say them."""
import hashlib
import random

import world as w

ENGLISH = ["en-us", "en", "en-gb-x-rp"]
VARIANTS = ["", "", "", "+m1", "+m3", "+m4", "+m5", "+m7", "+f1", "+f2", "+f3", "+f5", "+steph", "+Andy", "+Alicia", "+adam", "+linda", "+Mike"]
HELD_OUT_VOICES = ["en-us+f4", "en+m2", "en-us+m6", "en-gb-x-rp+Annie", "en-us+michel", "en+belinda", "en-us+edward", "en+f4"]

GERMAN_COLOURS = dict(red="roter", green="grüner", blue="blauer", yellow="gelber", orange="oranger", purple="lila", pink="rosa", brown="brauner",
                      black="schwarzer", white="weißer", gray="grauer")
GERMAN_SHAPES = dict(circle="Kreis", square="Block", triangle="Kegel", star="Stern", heart="Herzknopf", diamond="Diamant", cross="Kreuzstein", ring="Ring")
GERMAN_PLACES = {"in the center": "in der Mitte", "on the left": "links", "on the right": "rechts", "at the top": "oben", "at the bottom": "unten",
                 "in the top left": "oben links", "in the top right": "oben rechts", "in the bottom left": "unten links", "in the bottom right": "unten rechts"}


def scene(r):
    text = w.random_scene(r, 0.35).prompt(r)
    return r.choice(["{}.", "{}.", "I see {}.", "There is {}.", "This is {}."]).format(text) if not text.startswith("draw") else text + "."


def person(r):
    name, other = r.sample(w.NAMES, 2)
    n, thing = r.randint(2, 20), r.choice(w.OBJECTS + w.FRUITS + w.ANIMALS)
    return r.choice([
        f"{name} has {w.number_word(n)} {w.plural(thing)}.", f"{name} lives in {r.choice(w.CITIES)}.", f"{name} likes {r.choice(w.FOODS)}.",
        f"{name} put the {r.choice(w.OBJECTS)} in the {r.choice(w.ROOMS)}.", f"{name} meets {other} on {r.choice(w.DAYS)}.",
        f"{name} gave {other} {w.article(r.choice(w.OBJECTS))}.", f"My name is {name}.", f"The favorite color of {name} is {r.choice(w.COLOUR_NAMES)}.",
        f"{name} and {other} are in the {r.choice(w.ROOMS)}.", f"{name} bought some {r.choice(w.FOODS)}.", f"{name} takes the {r.choice(w.VEHICLES)} to {r.choice(w.CITIES)}."])


def thing(r):
    noun = r.choice(w.OBJECTS + w.ANIMALS + w.FRUITS + w.VEHICLES)
    return r.choice([
        f"The {noun} is {r.choice(w.ADJECTIVES)}.", f"The {noun} is {r.choice(w.COLOUR_NAMES)}.", f"I like the {r.choice(w.ADJECTIVES)} {noun}.",
        f"Where is the {noun}?", f"The {noun} is in the {r.choice(w.ROOMS)}.", f"Is the {noun} {r.choice(w.ADJECTIVES)}?",
        f"The weather in {r.choice(w.CITIES)} is {r.choice(w.WEATHER)}.", f"What is the weather in {r.choice(w.CITIES)}?",
        f"The {r.choice(w.ADJECTIVES)} {r.choice(w.ANIMALS)} eats the {r.choice(w.FRUITS)}."])


def number(r):
    a, b = r.randint(0, 20), r.randint(0, 20)
    return r.choice([
        lambda: f"{w.number_word(a)} plus {w.number_word(b)} is {w.number_word(a + b)}.", lambda: f"What is {w.number_word(a)} plus {w.number_word(b)}?",
        lambda: ", ".join(w.number_word(r.randint(0, 9)) for _ in range(r.randint(2, 5))) + ".", lambda: f"It is {w.number_word(r.randint(1, 12))} o'clock.",
        lambda: f"The number is {w.number_word(r.randint(0, 100))}."])()


def phrase(r):
    return r.choice(["Hello!", "Good morning.", "Good evening.", "Thank you.", "How are you?", "How can I help you?", "Yes, of course.", "Goodbye!",
                     "I am fine, thank you.", "Turn on the light.", "Turn off the light.", "What time is it?", "Nice to meet you.", "Please open the door.",
                     "Please close the window.", "Can you help me?", "See you later.", "Good night.",
                     f"Today is {r.choice(w.DAYS)}.", f"See you on {r.choice(w.DAYS)}.", f"My birthday is in {r.choice(w.MONTHS)}."])


_KINDS, _WEIGHTS = [scene, person, thing, number, phrase], [42, 22, 20, 9, 7]


def held_out(text: str) -> bool:
    """One sentence in eight is never trained on."""
    return hashlib.sha256(text.encode()).digest()[0] < 32


def sentence(r: random.Random, test: bool = False) -> str:
    """A sentence; test sentences and training sentences never meet."""
    while True:
        text = r.choices(_KINDS, _WEIGHTS)[0](r)
        text = text[0].upper() + text[1:]
        if held_out(text) == test:
            return text


def german(r: random.Random):
    """A German sentence and its English translation."""
    colour, shape, place = r.choice(w.COLOUR_NAMES), r.choice(w.SHAPES), r.choice(w.POSITION_NAMES)
    return (f"Ein {GERMAN_COLOURS[colour]} {GERMAN_SHAPES[shape]} {GERMAN_PLACES[place]}.",
            f"{w.article(colour + ' ' + shape).capitalize()} {place}.")


def voice(r: random.Random, language: str = "en") -> str:
    base = "de" if language == "de" else "en-us" if r.random() < 0.4 else r.choice(ENGLISH)
    return base + r.choice(VARIANTS)
