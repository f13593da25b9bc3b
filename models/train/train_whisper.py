"""Trains resultity-mini-whisper on espeak-ng's speech and measures its word errors on held-out sentences and voices.

With the decoder's tokens alone the encoder learns nothing for hours: nothing tells it where to listen. Three teachers that only training
knows make it quick: the phonemes of the utterance in order (CTC), the phoneme of each encoder frame, and where a word was said, which one
cross-attention head of each layer is taught to look at (these heads then give word times). Utterances are made once and kept in a pool that
grows by a few at each step, are short and English at first, and are padded only as far as their batch needs.
"""
import bisect
import math
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

import export_whisper
import speech
import speech_data as d
import world as w
from bpe import Bpe
from common import Average, Optimiser, arguments, pad
from export_onnx import WORK
from whisper_model import DIM, FRAMES, SECONDS, Whisper

LANGUAGES = ["en", "de"]
STEP = 0.02
CHECKPOINT, STATE = WORK / "whisper.pt", WORK / "whisper_state.pt"
EASY = 0.2  # part of the training with short English utterances only
SPECIALS = ["<|endoftext|>", "<|startoftranscript|>", *[f"<|{x}|>" for x in LANGUAGES], "<|translate|>", "<|transcribe|>", "<|startoflm|>",
            "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>", *[f"<|{i * STEP:.2f}|>" for i in range(FRAMES + 1)]]


def make_tokenizer():
    r = random.Random(11)
    texts = [" " + d.sentence(r) for _ in range(20000)] + [" " + t for _ in range(1500) for t in d.german(r)]
    return Bpe.train("gpt2", texts, 256 + 420 + len(SPECIALS), specials_last=SPECIALS)


class Example:
    """One chunk of sound: its features, the tokens said, the phonemes in order and by frame, and the words' places."""

    def __init__(self, maker, seconds: float, easy: bool):
        r, tok = maker.r, maker.tokenizer
        at, pieces, segments, spoken = r.choice([0, 0.05, 0.2, r.uniform(0, 0.3 if easy else 0.8)]), [], [], []
        self.language = "de" if not easy and r.random() < 0.08 else "en"
        voice = d.voice(r, self.language)
        while r.random() > (0 if easy else 0.02):
            said, english = d.german(r) if self.language == "de" else (d.sentence(r),) * 2
            sound, words, phonemes = maker.espeak.say(said, voice, r.randint(130, 205), r.randint(25, 80), r.randint(30, 70))
            if at + len(sound) / speech.RATE > seconds - 0.05:
                break
            pieces.append((int(at * speech.RATE), sound))
            length = max((t for t, p in phonemes if p.startswith("_")), default=len(sound) / speech.RATE)
            spoken += [(at + t, at + after, name) for (t, name), (after, _) in zip(phonemes, phonemes[1:] + [(len(sound) / speech.RATE, "")])]
            ends = [x[0] for x in words[1:]] + [length]
            segments.append((at, at + length, said, english, [(p, at + t, at + e) for (t, p, _), e in zip(words, ends)]))
            at += len(sound) / speech.RATE + r.uniform(0, 0.3 if r.random() < 0.6 else 1.5)
            if r.random() < (0.9 if easy else 0.5):
                break
        size = min(int(seconds / STEP / 2), int((at + r.uniform(0, 0.3)) / STEP / 2) + 1) * int(STEP * 2 * speech.RATE)
        audio, self.labels = np.zeros(size, np.float32), np.zeros(size // int(STEP * speech.RATE), np.int64)
        for begin, sound in pieces:
            sound = sound[:size - begin]
            audio[begin:begin + len(sound)] += sound
        for begin, end, name in spoken:
            self.labels[int(begin / STEP):int(end / STEP)] = maker.phonemes.get(name, 1)
        self.phonemes = [maker.phonemes.get(name, 1) for _, _, name in spoken if maker.phonemes.get(name, 1)]
        audio = speech.disturb(audio, r, maker.n) if segments else maker.n.standard_normal(size).astype(np.float32) * 0.01 * r.random()
        self.features = speech.features(audio)
        if r.random() < 0.3:  # sound that was stored at a low rate has nothing in the high bands
            top = r.randint(1, 6)
            self.features[-top:] = np.maximum(self.features.min(), self.features[-top:] - r.uniform(0, 1))
        self.floor = float((max(-10.0, self.features.max() * 4 - 4 - 8) + 4) / 4)  # of the silence after the sound
        self.features = np.maximum(self.features, self.floor).astype(np.float16)
        self.translate = bool(segments) and r.random() < (0.5 if self.language == "de" else 0.03)
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
        self.classes = len(self.phonemes) + 2
        self.pool = []

    def grow(self, progress: float, count: int):
        """Adds examples to the pool, kept by length so that a batch has little padding."""
        for _ in range(count):
            easy = progress < EASY
            example = Example(self, 4.0 if easy else self.r.choice([4.0, 6.0, SECONDS]), easy)
            bisect.insort(self.pool, (len(example.labels), self.r.random(), example), key=lambda x: x[0])

    def batch(self, frames: int, progress: float):
        """Examples of like length, about `frames` encoder frames in all; later some padded to the whole chunk, as the engine does."""
        at, whole = self.r.randrange(len(self.pool)), progress > EASY and self.r.random() < 0.3
        rows, width = [], 0
        for length, _, example in self.pool[max(0, at - 40):at + 40]:
            rows.append(example)
        self.r.shuffle(rows)
        width = FRAMES if whole else max(len(e.labels) for e in rows)
        rows = rows[:max(4, frames // width)]
        width = FRAMES if whole else max(len(e.labels) for e in rows)
        ids, end = [e.tokens for e in rows], self.tokenizer.ids["<|endoftext|>"]
        target = [[t if e.target[i + 1] else -100 for i, t in enumerate(e.tokens[1:])] for e in rows]
        looks = [e.look[1:] for e in rows]
        longest = max(map(len, looks))
        span = torch.tensor([[x or (-1, -1) for x in row] + [(-1, -1)] * (longest - len(row)) for row in looks])
        sound = np.stack([np.pad(e.features.astype(np.float32), ((0, 0), (0, 2 * width - e.features.shape[1])), constant_values=e.floor) for e in rows])
        labels = np.stack([np.pad(e.labels, (0, width - len(e.labels))) for e in rows])
        return (torch.from_numpy(sound), pad([t[:-1] for t in ids], end), pad(target, -100), span, torch.from_numpy(labels),
                [e.phonemes for e in rows], [len(e.labels) for e in rows])


def guided(weights, span):
    """How much of the taught head's attention misses the frames of the word."""
    frames = torch.arange(weights.shape[-1])
    inside = (frames >= span[..., :1]) & (frames <= span[..., 1:])
    told = (span[..., 1] >= 0) & inside.any(-1)
    hit = (weights[:, 0] * inside).sum(-1)
    return -(hit[told] + 1e-4).log().mean() if told.any() else weights.sum() * 0


def rate(step: int, steps: int, warmup: int = 150, hold: float = 0.4) -> float:
    """Linear warm-up, flat until `hold` of the steps, then a cosine."""
    p = max(0.0, (step / steps - hold) / (1 - hold))
    return min(1.0, (step + 1) / warmup) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, p))))


def train(args, tokenizer):
    maker = Maker(tokenizer, args.seed)
    model = Whisper(len(tokenizer.tokens))
    torch.nn.init.normal_(model.decoder.emb_tokens.weight, std=0.04)
    torch.nn.init.normal_(model.decoder.emb_positions.weight, std=0.02)
    both = torch.nn.ModuleDict({"model": model, "order": torch.nn.Linear(DIM, maker.classes), "frames": torch.nn.Linear(DIM, maker.classes)})
    optimiser, average, step = torch.optim.AdamW(both.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01), Average(model, 0.995), 0
    if args.resume and STATE.exists():
        state = torch.load(STATE)
        both.load_state_dict(state["weights"])
        optimiser.load_state_dict(state["optimiser"])
        average.shadow, average.step, step = state["average"], state["step"], state["step"]
        maker.r.seed(args.seed + step)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {len(tokenizer.tokens)}, {maker.classes} phonemes", flush=True)
    maker.grow(step / args.steps, 1500)
    print(f"pool made: {time.process_time():.0f} s", flush=True)
    seen, checked = {}, time.process_time()
    while step < args.steps:
        progress = step / args.steps
        maker.grow(progress, 12 if progress > EASY else 8)
        features, ids, target, span, labels, phonemes, lengths = maker.batch(args.frames, progress)
        hidden = model.encoder(features)
        logits, _, looked = model.decoder(ids, model.decoder.cross(hidden))
        words = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-100)
        order = F.ctc_loss(both["order"](hidden).log_softmax(-1).transpose(0, 1), torch.tensor([p for row in phonemes for p in row]), torch.tensor(lengths),
                           torch.tensor([len(row) for row in phonemes]), zero_infinity=True)
        frames = F.cross_entropy(both["frames"](hidden).flatten(0, 1), labels.flatten())
        places = sum(guided(x, span) for x in looked)
        helpers = 1 - 0.7 * progress
        (words + helpers * (0.4 * order + 0.4 * frames + 0.1 * places)).backward()
        norm = torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        if not torch.isfinite(norm):
            print(f"step {step}: the gradient is {norm}, so it is left out", flush=True)
            optimiser.zero_grad(set_to_none=True)
            step += 1
            continue
        for group in optimiser.param_groups:
            group["lr"] = args.rate * rate(step, args.steps)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        average.update(model)
        step += 1
        for name, value in (("words", words), ("order", order), ("frames", frames), ("places", places)):
            seen[name] = 0.95 * seen.get(name, value.item()) + 0.05 * value.item()
        if step % 20 == 0:
            print(f"[step {step}, {time.process_time():.0f} s] " + "  ".join(f"{k} {v:.3f}" for k, v in seen.items()), flush=True)
        if step % 100 == 0 or step == args.steps:
            torch.save({"weights": both.state_dict(), "optimiser": optimiser.state_dict(), "average": average.shadow, "step": step}, str(STATE) + ".new")
            os.replace(str(STATE) + ".new", STATE)
            torch.save(average.shadow, str(CHECKPOINT) + ".new")
            os.replace(str(CHECKPOINT) + ".new", CHECKPOINT)
            if step % 200 == 0:
                print(f"    word errors {evaluate(load(tokenizer), tokenizer, 32, quiet=True, seconds=4 if progress < EASY else SECONDS):.3f}", flush=True)
    return load(tokenizer)


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


def held_out(n=200, seed=4242):
    """Sentences and voices that no training has heard: (text, voice, words per minute)."""
    r = random.Random(seed)
    texts = [d.sentence(r, test=True) for _ in range(n)]
    return [(text, d.HELD_OUT_VOICES[i % len(d.HELD_OUT_VOICES)], r.randint(140, 190)) for i, text in enumerate(texts)]


def evaluate(model, tokenizer, n=200, seed=4242, quiet=False, seconds=SECONDS):
    """Word error rate on held-out sentences said by held-out voices, clean and with a little noise by turns."""
    noise, espeak, spoken = np.random.default_rng(seed), speech.espeak(), held_out(n, seed)
    texts, pictures = [text for text, _, _ in spoken], []
    for i, (text, voice, speed) in enumerate(spoken):
        sound, _, _ = espeak.say(text, voice, speed)
        audio = np.pad(sound, (3200, 0))[:seconds * speech.RATE]
        audio = audio + noise.standard_normal(len(audio)).astype(np.float32) * (0.003 if i % 2 else 0)
        pictures.append(speech.features(np.pad(audio, (0, seconds * speech.RATE - len(audio)))))
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
    args = arguments(0.0, resume=0, steps=1600, rate=2e-3, frames=2400)
    w.set_seed(args.seed)
    WORK.mkdir(exist_ok=True)
    tokenizer = make_tokenizer()
    model = load(tokenizer) if args.export_only else train(args, tokenizer)
    evaluate(model, tokenizer)
    (export_whisper.ex.HERE / "held_out_speech.tsv").write_text("".join(f"{voice}\t{speed}\t{text}\n" for text, voice, speed in held_out()))
    export_whisper.write(model, tokenizer, LANGUAGES)
