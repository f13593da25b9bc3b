"""Speech for training: espeak-ng through its library (with the times of words and phonemes), noise, log-mel features.

Needs Debian's `libespeak-ng1` (installed with `espeak-ng`).
"""
import ctypes
import functools
import random

import numpy as np

RATE, HOP, WINDOW, MELS = 16000, 160, 400, 80

_EVENT_WORD, _EVENT_END, _EVENT_PHONEME = 1, 5, 7


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
                ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("id", _Id)]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """One speaker in this process: text in, samples with word and phoneme times out."""

    def __init__(self):
        self.lib = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self.lib.espeak_Initialize(2, 0, None, 1)  # synchronous, with phoneme events
        if self.rate <= 0:
            raise RuntimeError("espeak-ng did not start")
        self.callback = _CALLBACK(self._receive)  # kept alive for the library
        self.lib.espeak_SetSynthCallback(self.callback)

    def _receive(self, samples, count, events):
        if count > 0 and samples:
            self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        i = 0
        while events[i].type:
            e = events[i]
            if e.type == _EVENT_WORD:
                self.words.append((e.sample / self.rate, e.text_position - 1, e.length))
            elif e.type == _EVENT_PHONEME:
                self.phonemes.append((e.sample / self.rate, e.id.string.decode("utf-8", "replace")))
            i += 1
        return 0

    def say(self, text: str, voice: str, speed: int = 165, pitch: int = 50, spread: int = 50, gap: int = 0):
        """Samples at 16 kHz in -1..1, words [(second, position in text, length)], phonemes [(second, name)]."""
        self.parts, self.words, self.phonemes = [], [], []
        if self.lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"no voice {voice}")
        for parameter, value in ((1, speed), (3, pitch), (4, spread), (7, gap)):
            self.lib.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self.lib.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        audio = np.concatenate(self.parts).astype(np.float32) / 32768 if self.parts else np.zeros(0, np.float32)
        return resample(audio, self.rate, RATE), self.words, self.phonemes


@functools.cache
def espeak() -> Espeak:
    """The process's one speaker: the library keeps its state in globals."""
    return Espeak()


def resample(audio, source: int, target: int):
    """Band-limited, by cutting the spectrum."""
    n = len(audio)
    if n == 0 or source == target:
        return audio
    padded = -n % 4410 + n  # lengths that the transform likes, and that both rates divide
    m = padded * target // source
    spectrum = np.fft.rfft(np.pad(audio, (0, padded - n)))[:m // 2 + 1]
    return (np.fft.irfft(spectrum, m) * (m / padded)).astype(np.float32)[:n * target // source]


def mel_filters(mels: int = MELS):
    """Slaney's mel filters, area-normalised, as Whisper uses them: [mels, 201]."""
    def to_mel(f):
        return np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1e-9) / 1000) / (np.log(6.4) / 27))

    def to_hertz(m):
        return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))

    edges = to_hertz(np.linspace(to_mel(np.float64(0)), to_mel(np.float64(RATE / 2)), mels + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    return (np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


_FILTERS = mel_filters()
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def features(audio):
    """Whisper's log-mel picture of samples: [80, len / 160]."""
    padded = np.pad(audio, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:len(audio) // HOP] * _HANN
    power = np.abs(np.fft.rfft(frames)).astype(np.float32) ** 2
    log = np.log10(np.maximum(_FILTERS @ power.T, 1e-10))
    return (np.maximum(log, log.max() - 8) + 4) / 4


def disturb(audio, r: random.Random, n):
    """Noise of some colour, loudness, and a little of a microphone's curve; `n` is numpy's generator."""
    size = len(audio)
    if r.random() < 0.6:
        level = float(np.sqrt(np.mean(audio ** 2)) + 1e-4) * 10 ** (-r.uniform(12, 40) / 20)
        noise = n.standard_normal(size).astype(np.float32)
        if r.random() < 0.5:  # darker noise
            k = r.choice([2, 4, 8])
            noise = np.convolve(noise, np.ones(k, np.float32) / k ** 0.5, "same")
        audio = audio + noise * level
    if r.random() < 0.3:  # brighter or duller
        audio = audio + r.uniform(-0.5, 0.5) * np.concatenate([audio[1:], audio[:1]])
    return audio * (10 ** (-r.uniform(0, 20) / 20)) / max(0.05, float(np.abs(audio).max()))
