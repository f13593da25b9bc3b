"""Trains resultity-mini-whisper on espeak-ng's speech and measures its word errors on held-out sentences and voices.

Besides the decoder's tokens, two teachers that only training knows make it quick: the phoneme of each encoder frame,
and where a word was said, which one cross-attention head of each layer is taught to look at (these heads then give word times).
"""
import random

import numpy as np
import torch
import torch.nn.functional as F

import export_whisper
import speech
import speech_data as d
import world as w
from bpe import Bpe
from common import Average, Clock, Optimiser, arguments, init_weights, pad
from export_onnx import WORK
from whisper_model import DIM, FRAMES, SECONDS, Whisper

LANGUAGES = ["en", "de"]
STEP = 0.02
CHECKPOINT = WORK / "whisper.pt"
SPECIALS = ["<|endoftext|>", "<|startoftranscript|>", *[f"<|{x}|>" for x in LANGUAGES], "<|translate|>", "<|transcribe|>", "<|startoflm|>",
            "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>", *[f"<|{i * STEP:.2f}|>" for i in range(FRAMES + 1)]]


def make_tokenizer():
    r = random.Random(11)
    texts = [" " + d.sentence(r) for _ in range(20000)] + [" " + t for _ in range(1500) for t in d.german(r)]
    return Bpe.train("gpt2", texts, 256 + 420 + len(SPECIALS), specials_last=SPECIALS)


class Example:
    """One chunk of sound: its features, the tokens said, the frame's phonemes and the words' places."""

    def __init__(self, maker, seconds: float, easy: bool):
        r, tok = maker.r, maker.tokenizer
        size = int(seconds * speech.RATE)
        audio, at, segments, labels = np.zeros(size, np.float32), r.uniform(0, 0.5 if easy else 1), [], np.zeros(int(seconds / STEP), np.int64)
        self.language = "de" if not easy and r.random() < 0.08 else "en"
        voice = d.voice(r, self.language)
        silent = not easy and r.random() < 0.03
        while not silent:
            said, english = d.german(r) if self.language == "de" else (d.sentence(r),) * 2
            sound, words, phonemes = maker.espeak.say(said, voice, r.randint(130, 205), r.randint(25, 80), r.randint(30, 70))
            if at + len(sound) / speech.RATE > seconds - 0.05:
                break
            begin = int(at * speech.RATE)
            audio[begin:begin + len(sound)] += sound
            length = max((t for t, p in phonemes if p.startswith("_")), default=len(sound) / speech.RATE)
            for (t, name), (after, _) in zip(phonemes, phonemes[1:] + [(len(sound) / speech.RATE, "")]):
                labels[int((at + t) / STEP):int((at + after) / STEP)] = maker.phonemes.get(name, 1)
            ends = [x[0] for x in words[1:]] + [length]
            segments.append((at, at + length, said, english, [(p, at + t, at + e) for (t, p, _), e in zip(words, ends)]))
            at += len(sound) / speech.RATE + r.uniform(0, 0.3 if r.random() < 0.6 else 2)
            if r.random() < (0.75 if easy else 0.2):
                break
        if not segments:
            audio = n_noise(audio, maker.n)
        self.features = speech.features(speech.disturb(audio, r, maker.n))
        self.labels = labels
        self.translate = bool(segments) and r.random() < (0.5 if self.language == "de" else 0.06)
        self.tokens, self.target, self.look = self.write(segments, r, tok, timestamps=r.random() < 0.5)

    def write(self, segments, r, tok, timestamps: bool):
        """Ids, whether each is to be learnt, and (first, last) frame to look at before saying it, or None."""
        ids, learn, look = [], [], []

        def add(token, learnt=True, frames=None):
            ids.append(token)
            learn.append(learnt)
            look.append(frames)

        if r.random() < 0.08 and segments:
            add(tok.ids["<|startofprev|>"], False)
            for t in tok.encode(" " + d.sentence(r)):
                add(t, False)
        add(tok.ids["<|startoftranscript|>"], False)
        if not segments:
            add(tok.ids["<|nospeech|>"])
            return ids, learn, look
        add(tok.ids[f"<|{self.language}|>"])
        add(tok.ids["<|translate|>" if self.translate else "<|transcribe|>"], False)
        if not timestamps:
            add(tok.ids["<|notimestamps|>"], False)
        for begin, end, said, english, words in segments:
            text, frame = english if self.translate else said, lambda t: min(FRAMES, int(round(t / STEP)))
            if timestamps:
                add(tok.ids[f"<|{frame(begin) * STEP:.2f}|>"], frames=(frame(begin) - 4, frame(begin) + 4))
            place = -1  # the blank before the first word
            for t in tok.encode(" " + text):
                inside = place + (1 if tok.tokens[t].startswith("Ġ") else 0)
                word = next((x for x in reversed(words) if x[0] <= inside), None)
                told = word is not None and not (self.translate and self.language != "en")
                add(t, frames=(int(word[1] / STEP), int(word[2] / STEP) + 1) if told else None)
                place += len(tok.decode([t]))
            if timestamps:
                add(tok.ids[f"<|{frame(end) * STEP:.2f}|>"], frames=(frame(end) - 4, frame(end) + 4))
        add(tok.ids["<|endoftext|>"])
        return ids, learn, look


def n_noise(audio, n):
    return audio + n.standard_normal(len(audio)).astype(np.float32) * 0.01 * float(n.uniform())


class Maker:
    def __init__(self, tokenizer, seed: int):
        self.tokenizer, self.r, self.n, self.espeak = tokenizer, random.Random(seed), np.random.default_rng(seed), speech.espeak()
        names, r = set(), random.Random(5)
        for i in range(900):
            language = "de" if i % 5 == 0 else "en"
            text = d.german(r)[0] if language == "de" else d.sentence(r)
            names |= {p for _, p in self.espeak.say(text, d.voice(r, language))[2]}
        self.phonemes = {p: i + 2 for i, p in enumerate(sorted(x for x in names if not x.startswith("_")))}
        self.phonemes |= {p: 0 for p in names if p.startswith("_")}
        self.classes = len(names) + 2

    def batch(self, size: int, progress: float):
        easy = progress < 0.15
        seconds = 3.0 if easy else self.r.choices([3.0, 5.0, SECONDS], [0.7, 0.2, 0.1])[0]
        examples = [Example(self, seconds, easy) for _ in range(max(4, int(size * 3 / seconds)))]
        ids, end = [e.tokens for e in examples], self.tokenizer.ids["<|endoftext|>"]
        target = [[t if e.target[i + 1] else -100 for i, t in enumerate(e.tokens[1:])] for e in examples]
        looks = [e.look[1:] for e in examples]
        width = max(map(len, looks))
        span = torch.tensor([[x or (-1, -1) for x in row] + [(-1, -1)] * (width - len(row)) for row in looks])
        return (torch.from_numpy(np.stack([e.features for e in examples])), pad([t[:-1] for t in ids], end), pad(target, -100), span,
                torch.from_numpy(np.stack([e.labels for e in examples])))


def guided(weights, span):
    """How much of the taught head's attention misses the frames of the word."""
    frames = torch.arange(weights.shape[-1])
    inside = (frames >= span[..., :1]) & (frames <= span[..., 1:])
    told = (span[..., 1] >= 0) & inside.any(-1)
    hit = (weights[:, 0] * inside).sum(-1)
    return -(hit[told] + 1e-4).log().mean() if told.any() else weights.sum() * 0


def train(args, tokenizer):
    maker = Maker(tokenizer, args.seed + 1000 * args.resume)
    model, head = init_weights(Whisper(len(tokenizer.tokens))), torch.nn.Linear(DIM, maker.classes)
    if args.resume:
        model.load_state_dict(torch.load(CHECKPOINT))
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {len(tokenizer.tokens)}, {maker.classes} phonemes", flush=True)
    both = torch.nn.ModuleDict({"model": model.train(), "head": head})
    matrix = lambda name, p: p.ndim == 2 and "emb" not in name and "head" not in name
    optimiser, average, clock = Optimiser(both, lr=1e-3, muon_lr=0.004, is_matrix=matrix), Average(model, 0.995), Clock(args.minutes)
    seen, saved = {}, 0.0
    while clock.progress < 1:
        features, ids, target, span, labels = maker.batch(16, clock.progress)
        hidden = model.encoder(features)
        logits, _, looked = model.decoder(ids, model.decoder.cross(hidden))
        words = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-100)
        sounds = F.cross_entropy(head(hidden).flatten(0, 1), labels.flatten())
        places = sum(guided(x, span) for x in looked)
        optimiser.step(words + (1 - 0.8 * clock.progress) * sounds + 0.15 * places, clock.rate(50, hold=0.1))
        average.update(model)
        clock.step += 1
        for name, value in (("words", words), ("phonemes", sounds), ("places", places)):
            seen[name] = 0.95 * seen.get(name, value.item()) + 0.05 * value.item()
        clock.report("  ".join(f"{k} {v:.3f}" for k, v in seen.items()), every=30)
        if clock.progress - saved > 0.05:
            saved = clock.progress
            torch.save(average.shadow, CHECKPOINT)
            if saved > 0.35:
                print(f"    word errors {evaluate(load(tokenizer), tokenizer, 24, quiet=True):.3f}", flush=True)
    print(f"trained {clock.step} steps")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), CHECKPOINT)
    return model


def load(tokenizer):
    model = Whisper(len(tokenizer.tokens))
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def normal(text: str) -> list:
    return "".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split()


def word_errors(truth: list, heard: list) -> int:
    row = list(range(len(heard) + 1))
    for i, a in enumerate(truth, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def evaluate(model, tokenizer, n=200, seed=4242, quiet=False):
    """Word error rate on held-out sentences said by held-out voices, clean and with a little noise by turns."""
    r, noise, espeak = random.Random(seed), np.random.default_rng(seed), speech.espeak()
    texts = [d.sentence(r, test=True) for _ in range(n)]
    pictures = []
    for i, text in enumerate(texts):
        sound, _, _ = espeak.say(text, d.HELD_OUT_VOICES[i % len(d.HELD_OUT_VOICES)], r.randint(140, 190))
        audio = np.pad(sound, (3200, 0))[:SECONDS * speech.RATE]
        audio = audio + noise.standard_normal(len(audio)).astype(np.float32) * (0.003 if i % 2 else 0)
        pictures.append(speech.features(np.pad(audio, (0, SECONDS * speech.RATE - len(audio)))))
    prefix = [tokenizer.ids[x] for x in ("<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>")]
    end = tokenizer.ids["<|endoftext|>"]
    errors = total = 0
    for i in range(0, n, 25):
        rows = model.transcribe(torch.from_numpy(np.stack(pictures[i:i + 25])), prefix, end, list(range(end + 1, len(tokenizer.tokens))))
        for text, row in zip(texts[i:i + 25], rows):
            heard = tokenizer.decode(row)
            errors += word_errors(normal(text), normal(heard))
            total += len(normal(text))
            if not quiet and i == 0:
                print(f"  {text} |{heard}")
    if not quiet:
        print(f"word errors on {n} held-out sentences and voices: {errors / total:.4f}")
    return errors / total


if __name__ == "__main__":
    args = arguments(90.0, resume=0, probe=0)
    w.set_seed(args.seed)
    WORK.mkdir(exist_ok=True)
    tokenizer = make_tokenizer()
    model = load(tokenizer) if args.export_only else train(args, tokenizer)
    evaluate(model, tokenizer)
    export_whisper.write(model, tokenizer, LANGUAGES)
