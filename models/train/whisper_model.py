"""The Whisper architecture, tiny: convolutions over log-mel frames, a pre-norm encoder, a decoder with cross-attention."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from common import Attention, Mlp, EncoderLayer, causal_mask, join_heads, split_heads

DIM, HEADS, HIDDEN = 128, 4, 512
ENCODER_LAYERS, DECODER_LAYERS = 4, 2
SECONDS, FRAMES, TARGET = 10, 500, 160  # chunk length, encoder positions in it, longest token sequence


def sinusoids(length: int, dim: int):
    scale = torch.exp(-math.log(10000) / (dim // 2 - 1) * torch.arange(dim // 2))
    angles = torch.arange(length)[:, None] * scale[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(80, DIM, 3, padding=1), nn.Conv1d(DIM, DIM, 3, stride=2, padding=1)
        self.register_buffer("positions", 0.1 * sinusoids(FRAMES, DIM))  # full strength would drown the young convolutions
        self.layers = nn.ModuleList(EncoderLayer(DIM, HEADS, HIDDEN) for _ in range(ENCODER_LAYERS))
        self.norm = nn.LayerNorm(DIM)

    def forward(self, input_features):
        x = F.gelu(self.conv2(F.gelu(self.conv1(input_features)))).transpose(1, 2)
        x = x + self.positions[:x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Layer(nn.Module):
    """Decoder layer that also tells where its cross-attention looked."""

    def __init__(self):
        super().__init__()
        self.ln1, self.attn = nn.LayerNorm(DIM), Attention(DIM, HEADS)
        self.ln2, self.cross = nn.LayerNorm(DIM), Attention(DIM, HEADS)
        self.ln3, self.mlp = nn.LayerNorm(DIM), Mlp(DIM, HIDDEN)

    def forward(self, x, mask, past_k, past_v, cross_k, cross_v):
        h = self.ln1(x)
        k, v = self.attn.project(h)
        if past_k is not None:
            k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)
        x = x + self.attn.read(h, k, v, mask)
        q = split_heads(self.cross.q(self.ln2(x)), HEADS)
        weights = (q @ cross_k.transpose(-1, -2) * (q.shape[-1] ** -0.5)).softmax(-1)
        x = x + self.cross.out(join_heads(weights @ cross_v))
        return x + self.mlp(self.ln3(x)), k, v, weights


class Decoder(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.emb_tokens, self.emb_positions = nn.Embedding(vocab, DIM), nn.Embedding(TARGET, DIM)
        self.layers = nn.ModuleList(Layer() for _ in range(DECODER_LAYERS))
        self.norm = nn.LayerNorm(DIM)

    def cross(self, hidden):
        """Keys and values of the sound, once for all steps: [key, value] of each layer."""
        return [x for layer in self.layers for x in layer.cross.project(hidden)]

    def forward(self, ids, cross, past=None):
        length, before = ids.shape[1], past[0].shape[2] if past is not None else 0
        x = self.emb_tokens(ids) + self.emb_positions(torch.arange(before, before + length, device=ids.device))
        mask, present, looked = causal_mask(length, before, ids.device), [], []
        for i, layer in enumerate(self.layers):
            k, v = (past[2 * i], past[2 * i + 1]) if past is not None else (None, None)
            x, k, v, weights = layer(x, mask, k, v, cross[2 * i], cross[2 * i + 1])
            present += [k, v]
            looked.append(weights)
        return self.norm(x) @ self.emb_tokens.weight.t(), present, looked


class Whisper(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder(vocab)

    @torch.no_grad()
    def transcribe(self, features, prefix, end: int, forbidden, limit: int = 60):
        """Greedy ids after `prefix` for a batch of feature pictures; `forbidden` ids are never chosen."""
        cross, past, done = self.decoder.cross(self.encoder(features)), None, torch.zeros(len(features), dtype=torch.bool)
        feed, out = torch.tensor([prefix] * len(features)), []
        for _ in range(limit):
            logits, past, _ = self.decoder(feed, cross, past)
            logits = logits[:, -1]
            logits[:, forbidden] = -1e9
            feed = logits.argmax(-1, keepdim=True)
            done |= feed[:, 0] == end
            out.append(torch.where(done, torch.tensor(end), feed[:, 0]))
            if done.all():
                break
        return torch.stack(out, 1).tolist()
