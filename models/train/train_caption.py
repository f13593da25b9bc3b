"""resultity-mini-caption: image -> caption, a vision-encoder-decoder laid out like vit-gpt2 (ONNX, merged decoder)."""
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

import export_onnx as ex
import world as w
from bpe import Bpe
from common import (Average, Clock, DecoderLayer, EncoderLayer, Optimiser, arguments, init_weights, pad)

NAME = "resultity-mini-caption"
HOME = ex.OUT / NAME
CHECKPOINT = ex.WORK / "caption.pt"
END = "<|endoftext|>"  # begins and ends every caption, as in GPT-2
DIM, HEADS, HIDDEN, ENCODER_LAYERS, DECODER_LAYERS, LENGTH = 128, 4, 512, 3, 2, 64


def make_tokenizer() -> Bpe:
    r = random.Random(5)
    return Bpe.train("gpt2", (w.random_scene(r, 0.5).caption() for _ in range(4000)), 480, specials_last=[END])


class Encoder(nn.Module):
    """Convolutions down to an 8x8 grid of tokens (instead of ViT's single patch projection), then ViT layers."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU(),
                                  nn.Conv2d(64, 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, DIM, 4, 2, 1))
        self.emb_position = nn.Parameter(torch.randn(1, 64, DIM) * 0.02)
        self.layers = nn.ModuleList(EncoderLayer(DIM, HEADS, HIDDEN) for _ in range(ENCODER_LAYERS))
        self.norm = nn.LayerNorm(DIM)

    def forward(self, pixel_values):
        x = self.stem(pixel_values).flatten(2).transpose(1, 2) + self.emb_position
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Decoder(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.emb, self.emb_position = nn.Embedding(vocab, DIM), nn.Embedding(LENGTH, DIM)
        self.layers = nn.ModuleList(DecoderLayer(DIM, HEADS, HIDDEN) for _ in range(DECODER_LAYERS))
        self.norm = nn.LayerNorm(DIM)

    def forward(self, input_ids, encoder_hidden_states, past=None):
        n, p = input_ids.shape[1], past[0].shape[2] if past is not None else 0
        x = self.emb(input_ids) + self.emb_position(torch.arange(n) + p)
        mask = (torch.arange(p + n)[None, :] > (torch.arange(n) + p)[:, None]).float() * -1e9
        present = []
        for i, layer in enumerate(self.layers):
            pk, pv = (past[2 * i], past[2 * i + 1]) if past is not None else (None, None)
            x, k, v = layer(x, mask, pk, pv, *layer.cross.project(encoder_hidden_states))
            present += [k, v]
        return self.norm(x) @ self.emb.weight.t(), present


class MergedDecoder(nn.Module):
    """optimum's decoder_model_merged: the cache counts only where use_cache_branch is true."""

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, input_ids, encoder_hidden_states, use_cache_branch, *past):
        keep = past[0].shape[2] * use_cache_branch[0].long()
        logits, present = self.decoder(input_ids, encoder_hidden_states, [x[:, :, :keep] for x in past])
        return (logits, *present)


class Captioner(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder(vocab)

    @torch.no_grad()
    def captions(self, images, tokenizer):
        """Greedy captions for images in 0..1."""
        hidden, end = self.encoder(images * 2 - 1), tokenizer.ids[END]
        feed, past, out, done = torch.full((len(images), 1), end), None, [], torch.zeros(len(images), dtype=torch.bool)
        for _ in range(LENGTH - 1):
            logits, past = self.decoder(feed, hidden, past)
            feed = logits[:, -1].argmax(-1, keepdim=True)
            done |= feed[:, 0] == end
            out.append(torch.where(done, torch.tensor(end), feed[:, 0]))
            if done.all():
                break
        return [tokenizer.decode(row) for row in torch.stack(out, 1).tolist()]


def augment(images, r):
    """Blur, noise and brightness, so that generated and rescaled pictures are described as well as clean ones."""
    if r.random() < 0.4:
        images = F.interpolate(F.interpolate(images, size=r.choice([32, 40, 48, 96]), mode="bilinear", align_corners=False), size=64, mode="bilinear", align_corners=False)
    if r.random() < 0.6:
        images = images + torch.randn_like(images) * r.uniform(0, 0.06)
    return (images * r.uniform(0.93, 1.05) + r.uniform(-0.03, 0.03)).clamp(0, 1)


def train(args, tokenizer):
    model = load(tokenizer).train() if args.resume else init_weights(Captioner(len(tokenizer.tokens)))
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {len(tokenizer.tokens)}")
    r, end = random.Random(args.seed + 1000 * args.resume), tokenizer.ids[END]
    optimiser, average, clock = Optimiser(model, lr=2e-3, muon_lr=0.01), Average(model, 0.99), Clock(args.minutes)
    while clock.progress < 1:
        scenes = [w.random_scene(r, 0.45) for _ in range(64)]
        images = augment(w.render(scenes, r, jitter=12), r)
        texts = [[end, *tokenizer.encode(s.caption()), end] for s in scenes]
        ids, target = pad([t[:-1] for t in texts], end), pad([t[1:] for t in texts], -100)
        logits, _ = model.decoder(ids, model.encoder(images * 2 - 1))
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-100)
        optimiser.step(loss, clock.rate(50))
        average.update(model)
        clock.step += 1
        clock.report(f"loss {loss.item():.4f}", every=60)
        if clock.step % 200 == 0:
            torch.save(average.shadow, CHECKPOINT)
    print(f"trained {clock.step} steps")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), CHECKPOINT)
    return model


def load(tokenizer):
    model = Captioner(len(tokenizer.tokens))
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def evaluate(model, tokenizer, n=400, seed=4242):
    r = random.Random(seed)
    scenes = [w.random_scene(r, 0.4) for _ in range(n)]
    got = model.eval().captions(w.render(scenes, r), tokenizer)
    exact = sum(g == s.caption() for g, s in zip(got, scenes)) / n
    pairs = sum(w.describes(g, s) for g, s in zip(got, scenes)) / n
    print(f"captions on {n} unseen scenes: exact {exact:.3f}, colours and shapes right {pairs:.3f}")


def write(model, tokenizer):
    model = ex.round_weights_to_half(model.eval())
    vocab, end, head = len(tokenizer.tokens), tokenizer.ids[END], DIM // HEADS
    encoder = ex.export(model.encoder, (torch.randn(2, 3, 64, 64),), HOME / "onnx" / "encoder_model.onnx", ["pixel_values"], ["last_hidden_state"],
                        {"pixel_values": {0: "batch_size"}, "last_hidden_state": {0: "batch_size"}})
    ex.record(model.encoder, {"pixel_values": torch.randn(2, 3, 64, 64)}, ["last_hidden_state"], ex.WORK / "vec/caption_encoder.bin", encoder)
    past = [f"past_key_values.{i}.{kv}" for i in range(DECODER_LAYERS) for kv in ("key", "value")]
    present = [f"present.{i}.{kv}" for i in range(DECODER_LAYERS) for kv in ("key", "value")]
    names, outputs, merged = ["input_ids", "encoder_hidden_states", "use_cache_branch", *past], ["logits", *present], MergedDecoder(model.decoder)
    axes = {"input_ids": {0: "batch_size", 1: "decoder_sequence_length"}, "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"},
            "logits": {0: "batch_size", 1: "decoder_sequence_length"}}
    axes |= {x: {0: "batch_size", 2: "past_decoder_sequence_length"} for x in past} | {x: {0: "batch_size", 2: "present_decoder_sequence_length"} for x in present}
    sample = lambda b, n, p, use: (torch.randint(0, vocab, (b, n)), torch.randn(b, 64, DIM), torch.tensor([use]), *[torch.randn(b, HEADS, p, head) for _ in past])
    path = ex.export(merged, sample(2, 2, 3, True), HOME / "onnx" / "decoder_model_merged.onnx", names, outputs, axes)
    for tag, args in [("first", sample(1, 1, 0, False)), ("dummy_past", sample(2, 3, 1, False)), ("cached", sample(2, 1, 4, True))]:
        ex.record(merged, dict(zip(names, args)), outputs, ex.WORK / f"vec/caption_{tag}.bin", path)
    ex.write_json(HOME / "config.json", {
        "architectures": ["VisionEncoderDecoderModel"], "model_type": "vision-encoder-decoder", "is_encoder_decoder": True, "tie_word_embeddings": False,
        "decoder_start_token_id": end, "bos_token_id": end, "eos_token_id": end, "pad_token_id": end,
        "encoder": {"model_type": "vit", "hidden_size": DIM, "num_hidden_layers": ENCODER_LAYERS, "num_attention_heads": HEADS, "intermediate_size": HIDDEN,
                    "image_size": 64, "patch_size": 8, "num_channels": 3, "hidden_act": "gelu"},
        "decoder": {"model_type": "gpt2", "vocab_size": vocab, "n_embd": DIM, "n_layer": DECODER_LAYERS, "n_head": HEADS, "n_positions": LENGTH, "n_ctx": LENGTH,
                    "add_cross_attention": True, "is_decoder": True, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": end, "pad_token_id": end}})
    ex.write_json(HOME / "generation_config.json", {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": end, "max_length": LENGTH - 1})
    ex.write_json(HOME / "preprocessor_config.json", {
        "image_processor_type": "ViTImageProcessor", "feature_extractor_type": "ViTFeatureExtractor", "do_resize": True, "size": {"height": 64, "width": 64}, "resample": 2,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})
    ex.write_json(HOME / "tokenizer.json", tokenizer.tokenizer_json())
    ex.write_json(HOME / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "bos_token": END, "eos_token": END, "pad_token": END,
                                                   "unk_token": END, "model_max_length": LENGTH})
    r = random.Random(77)
    scenes = [w.random_scene(r, 0.4) for _ in range(12)]
    images = (w.render(scenes, r) * 255).round() / 255
    ex.save_tensors(ex.WORK / "caption_probe.bin", {"pixels": (images.permute(0, 2, 3, 1) * 255).round().byte()})
    ex.write_json(ex.WORK / "caption_probe.json", [{"truth": s.caption(), "answer": c} for s, c in zip(scenes, model.captions(images, tokenizer))])


if __name__ == "__main__":
    args = arguments(9.0, resume=0)
    w.set_seed(args.seed)
    tokenizer = make_tokenizer()
    model = load(tokenizer) if args.export_only else train(args, tokenizer)
    write(model, tokenizer)
    evaluate(model, tokenizer)
