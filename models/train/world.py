"""The synthetic micro-world shared by all mini models: its words, its scenes, their captions and pictures.

A *scene* is one or two coloured shapes on a plain background.  Everything here is generated from the
lists below; no outside text or images are used.
"""
import math
import pathlib
import random
from dataclasses import dataclass

import numpy as np
import torch

IMAGE_SIZE = 64

COLOURS = {
    "red": (220, 30, 35), "green": (35, 165, 60), "blue": (35, 75, 225), "yellow": (250, 220, 40),
    "orange": (250, 135, 20), "purple": (135, 45, 175), "pink": (255, 150, 195), "brown": (125, 75, 35),
    "black": (12, 12, 14), "white": (248, 248, 248), "gray": (135, 138, 142),
}
COLOUR_NAMES = list(COLOURS)
SHAPES = ["circle", "square", "triangle", "star", "heart", "diamond", "cross", "ring"]
SIZES = {"small": (9.0, 11.0), "large": (17.0, 20.0)}
ANY_SIZE = (11.5, 16.0)  # used when the caption names no size

# The centre of a shape is 32 + direction * reach, where reach leaves room for the shape itself.
POSITIONS = {
    "in the center": (0, 0), "on the left": (-1, 0), "on the right": (1, 0), "at the top": (0, -1),
    "at the bottom": (0, 1), "in the top left": (-1, -1), "in the top right": (1, -1),
    "in the bottom left": (-1, 1), "in the bottom right": (1, 1),
}
POSITION_NAMES = list(POSITIONS)


@dataclass
class Thing:
    """One shape: what it is and exactly where it is drawn."""
    colour: str
    shape: str
    x: float
    y: float
    radius: float
    angle: float


@dataclass
class Scene:
    things: list
    background: str
    size: str = ""       # named size of a single thing, or ""
    position: str = ""   # named position of a single thing, or ""
    relation: str = ""   # "to the left of" or "above" for two things

    def caption(self) -> str:
        """The one canonical caption; the captioning model is trained to say exactly this."""
        first = self.things[0]
        background = f"on a {self.background} background"
        if len(self.things) == 1:
            size = self.size + " " if self.size else ""
            return article(f"{size}{first.colour} {first.shape}") + f" {self.position} {background}"
        second = self.things[1]
        return (article(f"{first.colour} {first.shape}") + f" {self.relation} "
                + article(f"{second.colour} {second.shape}") + f" {background}")

    def prompt(self, rng: random.Random) -> str:
        """A random way to ask for this scene; details may be left out, as people do."""
        nouns = [f"{t.colour} {t.shape}" for t in self.things]
        if len(nouns) == 1:
            size = self.size + " " if self.size and rng.random() < 0.85 else ""
            text = article(size + nouns[0])
            if rng.random() < 0.6 and self.position:
                place = self.position
                if place == "in the center" and rng.random() < 0.3:
                    place = "in the middle"
                text += " " + place
        elif rng.random() < 0.25:
            text = article(nouns[0]) + " and " + article(nouns[1])
        elif rng.random() < 0.3:
            inverse = {"to the left of": "to the right of", "above": "below"}[self.relation]
            text = article(nouns[1]) + f" {inverse} " + article(nouns[0])
        else:
            text = article(nouns[0]) + f" {self.relation} " + article(nouns[1])
        if rng.random() < (0.4 if self.background == "white" else 0.8):
            text += rng.choice([" on a {} background", " on a {} background", " on {}"]).format(self.background)
        if rng.random() < 0.2:
            text = rng.choice(["a picture of ", "an image of ", "a photo of ", "draw ", "a drawing of "]) + text
        return text


def article(noun: str) -> str:
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def random_scene(rng: random.Random, two: float = 0.3) -> Scene:
    """Draws a scene; `two` is the share of scenes with two shapes."""
    background = "white" if rng.random() < 0.4 else rng.choice(COLOUR_NAMES)
    others = [c for c in COLOUR_NAMES if c != background]
    angle = lambda: rng.uniform(-0.12, 0.12)
    if rng.random() >= two:
        size = rng.choice(list(SIZES) + [""])
        radius = rng.uniform(*(SIZES[size] if size else ANY_SIZE))
        position = "in the center" if rng.random() < 0.3 else rng.choice(POSITION_NAMES)
        dx, dy = POSITIONS[position]
        reach = 29.0 - radius
        x, y = 32 + dx * reach + rng.uniform(-1.5, 1.5), 32 + dy * reach + rng.uniform(-1.5, 1.5)
        thing = Thing(rng.choice(others), rng.choice(SHAPES), x, y, radius, angle())
        return Scene([thing], background, size, position)
    relation = rng.choice(["to the left of", "above"])
    things = []
    for side in (-1, 1):
        along, across = 32 + side * rng.uniform(14, 17), 32 + rng.uniform(-4, 4)
        x, y = (along, across) if relation == "to the left of" else (across, along)
        things.append(Thing(rng.choice(others), rng.choice(SHAPES), x, y, rng.uniform(10, 13), angle()))
    return Scene(things, background, relation=relation)


# ---------------------------------------------------------------- renderer

def _inside(shape: str, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Which points of the shape's own coordinates (y down, about 1 = its radius) lie inside it."""
    ax, ay = x.abs(), y.abs()
    radius = torch.sqrt(x * x + y * y)
    if shape == "circle":
        return radius < 0.95
    if shape == "square":
        return torch.maximum(ax, ay) < 0.84
    if shape == "diamond":
        return ax * 1.25 + ay < 1.1
    if shape == "triangle":
        return (y < 0.72) & (ax * 1.8 - y < 0.98)
    if shape == "cross":
        return ((ax < 0.98) & (ay < 0.32)) | ((ax < 0.32) & (ay < 0.98))
    if shape == "ring":
        return (radius < 0.98) & (radius > 0.55)
    if shape == "heart":
        hx, hy = x * 1.2, -y * 1.2 + 0.15
        return (hx * hx + hy * hy - 1) ** 3 - hx * hx * hy ** 3 < 0
    if shape == "star":
        # Fold the plane into one tenth of the star and test against the edge from tip to notch.
        step = 2 * math.pi / 5
        angle = torch.atan2(x, -y)
        angle = (angle - step * torch.round(angle / step)).abs()
        px, py = radius * torch.sin(angle), radius * torch.cos(angle)
        tip_y, notch_x, notch_y = 1.1, 0.46 * math.sin(step / 2), 0.46 * math.cos(step / 2)
        return (px - 0) * (notch_y - tip_y) - (py - tip_y) * (notch_x - 0) > 0
    raise ValueError(shape)


def render(scenes: list, rng: random.Random, size: int = IMAGE_SIZE, jitter: float = 8.0) -> torch.Tensor:
    """Draws scenes as an RGB batch [n, 3, size, size] in 0..1, antialiased by 2x supersampling."""
    n, fine = len(scenes), size * 2
    colour = lambda name: [max(0.0, min(255.0, c + rng.uniform(-jitter, jitter))) / 255 for c in COLOURS[name]]
    images = torch.tensor([colour(s.background) for s in scenes])[:, :, None, None].repeat(1, 1, size, size)
    grid = (torch.arange(fine) + 0.5) / fine * IMAGE_SIZE
    gy, gx = grid[None, :, None], grid[None, None, :]
    for layer in (0, 1):
        by_shape = {}
        for i, scene in enumerate(scenes):
            if layer < len(scene.things):
                by_shape.setdefault(scene.things[layer].shape, []).append(i)
        for shape, members in by_shape.items():
            things = [scenes[i].things[layer] for i in members]
            col = lambda values: torch.tensor(list(values), dtype=torch.float32)[:, None, None]
            cos, sin = col(math.cos(t.angle) for t in things), col(math.sin(t.angle) for t in things)
            r = col(t.radius for t in things)
            dx, dy = (gx - col(t.x for t in things)) / r, (gy - col(t.y for t in things)) / r
            inside = _inside(shape, dx * cos + dy * sin, dy * cos - dx * sin).float()
            cover = torch.nn.functional.avg_pool2d(inside[:, None], 2)
            ink = torch.tensor([colour(t.colour) for t in things])[:, :, None, None]
            images[members] = images[members] * (1 - cover) + ink * cover
    return images


def describes(text: str, scene: Scene) -> bool:
    """Whether a caption names every colour and shape of the scene's things, in pairs and no others."""
    words = text.split()
    pairs = [(a, b) for a, b in zip(words, words[1:]) if b in SHAPES]
    return sorted(pairs) == sorted((t.colour, t.shape) for t in scene.things)


# ---------------------------------------------------------------- words for text and speech

NAMES = ("Anna Ben Carla David Ella Frank Grace Henry Ida Jack Kate Leo Mia Nora Oscar Paula Quinn Rosa Sam Tina "
         "Uma Victor Wendy Yara Zoe Adam Bella Chris Diana Emil Fiona George Hana Ivan Julia Karl Lena Max Nina Otto "
         "Peter Rita Simon Tom Vera Will Alice Bob Maria John Sofia Lucas Emma Noah Olivia Liam").split()
ANIMALS = "cat dog bird fish horse cow pig sheep duck frog mouse rabbit fox bear lion owl goat hen bee ant".split()
FRUITS = "apple banana pear orange lemon cherry grape peach plum melon".split()
FOODS = "bread cheese milk rice soup cake egg butter honey salad pasta tea coffee water juice".split()
OBJECTS = ("ball book box chair cup door hat key lamp pen phone table spoon shoe clock coin bag bottle flag ring "
           "kite map plate rope tent toy wheel window").split()
ROOMS = "kitchen garden bedroom office hall garage attic cellar bathroom library".split()
CITIES = "Berlin Paris London Rome Madrid Vienna Oslo Lisbon Tokyo Sydney Prague Dublin Athens Cairo Lima Zurich".split()
VEHICLES = "car bus train boat bike plane truck ship".split()
ADJECTIVES = "big little old new fast slow warm cold happy sad quiet loud clean soft heavy light bright dark kind brave".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
WEATHER = "sunny rainy cloudy windy snowy foggy".split()
_UNITS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
          "seventeen eighteen nineteen").split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_word(n: int) -> str:
    """0..100 in words, as it is spoken ("forty two")."""
    if n < 20:
        return _UNITS[n]
    if n == 100:
        return "one hundred"
    return _TENS[n // 10 - 2] + (" " + _UNITS[n % 10] if n % 10 else "")


def plural(noun: str) -> str:
    special = {"fish": "fish", "sheep": "sheep", "mouse": "mice", "cherry": "cherries", "fox": "foxes", "box": "boxes",
               "peach": "peaches", "bus": "buses"}
    return special.get(noun, noun + "s")


def set_seed(seed: int) -> random.Random:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return random.Random(seed)


if __name__ == "__main__":  # a contact sheet to look at
    from PIL import Image
    rng = set_seed(1)
    scenes = [random_scene(rng) for _ in range(32)]
    sheet = render(scenes, rng).reshape(4, 8, 3, 64, 64).permute(0, 3, 1, 4, 2).reshape(256, 512, 3)
    Image.fromarray((sheet * 255).byte().numpy()).resize((1024, 512), 0).save(pathlib.Path(__file__).parent / "work" / "world.png")
    for s in scenes[:8]:
        print(s.caption(), "|", s.prompt(rng))
