"""resultity-mini-diffusion: latent diffusion over ShapeWorld in the diffusers layout of Stable Diffusion's ONNX export.

Two stages: an autoencoder (64x64 RGB <-> 8x8x4 latents), then a text encoder and a UNet trained together on
epsilon prediction with Stable Diffusion's noise schedule; captions are dropped now and then for guidance.
"""
import math
import pathlib
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

import export_onnx as ex
import train_caption
import world as w
from bpe import Bpe
from common import Attention, Average, Clock, EncoderLayer, Mlp, Optimiser, arguments, init_weights

NAME = "resultity-mini-diffusion"
HOME = ex.OUT / NAME
WORK = ex.WORK
SCALING = 0.18215  # pipelines multiply latents by this, so the autoencoder's are made 1 / SCALING wide
LENGTH, TEXT_DIM = 32, 128
START, END = "<|startoftext|>", "<|endoftext|>"
BETAS = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000, dtype=torch.float64) ** 2
ALPHAS = torch.cumprod(1 - BETAS, 0).float()


# ---------------------------------------------------------------- autoencoder

class Res(nn.Module):
    def __init__(self, cin: int, cout: int = None, time: int = 0):
        super().__init__()
        cout = cout or cin
        self.norm1, self.conv1 = nn.GroupNorm(8, cin), nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(8, cout), nn.Conv2d(cout, cout, 3, padding=1)
        self.skip = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()
        self.time = nn.Linear(time, cout) if time else None
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x, t=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if self.time is not None:
            h = h + self.time(t)[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class VaeEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 32, 4, 2, 1), nn.SiLU(), nn.Conv2d(32, 64, 4, 2, 1), Res(64), nn.SiLU(), nn.Conv2d(64, 96, 4, 2, 1), Res(96), nn.Conv2d(96, 8, 1))
        self.register_buffer("shift", torch.zeros(1, 4, 1, 1))
        self.register_buffer("scale", torch.ones(1, 4, 1, 1))

    def forward(self, sample):
        """The mean latent, normalised to zero mean and 1 / SCALING deviation per channel."""
        return (self.body(sample)[:, :4] - self.shift) * self.scale


class VaeDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 96, 3, padding=1), Res(96), Res(96), nn.Upsample(scale_factor=2), nn.Conv2d(96, 64, 3, padding=1), Res(64),
                                  nn.Upsample(scale_factor=2), nn.Conv2d(64, 32, 3, padding=1), Res(32), nn.SiLU(), nn.Conv2d(32, 12, 3, padding=1), nn.PixelShuffle(2))
        self.register_buffer("shift", torch.zeros(1, 4, 1, 1))
        self.register_buffer("scale", torch.ones(1, 4, 1, 1))

    def forward(self, latent_sample):
        return self.body(latent_sample / self.scale + self.shift)


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = VaeEncoder(), VaeDecoder()

    @torch.no_grad()
    def normalise(self, images):
        latents = self.encoder(images)
        shift = latents.mean((0, 2, 3), keepdim=True)
        scale = 1 / (SCALING * latents.std((0, 2, 3), keepdim=True))
        for half in (self.encoder, self.decoder):
            half.shift.copy_(shift)
            half.scale.copy_(scale)


def train_vae(args):
    """The loss compares pixels and, as perceptual losses do, the captioner's first features: edges decide what a shape is."""
    vae, r = Vae(), random.Random(args.seed + 1000 * args.resume_vae)
    if args.resume_vae:
        vae.load_state_dict(torch.load(WORK / "vae.pt"))
        for half in (vae.encoder, vae.decoder):
            half.shift.zero_()
            half.scale.fill_(1)
    eye = train_caption.load(train_caption.make_tokenizer()).encoder.stem[:6]
    for p in eye.parameters():
        p.requires_grad_(False)
    print(f"autoencoder {sum(p.numel() for p in vae.parameters()) / 1e6:.2f} M parameters")
    optimiser, average, clock = Optimiser(vae, lr=2e-3, muon_lr=0), Average(vae, 0.995), Clock(args.vae_minutes)
    while clock.progress < 1:
        images = w.render([w.random_scene(r) for _ in range(32)], r) * 2 - 1
        mean, logvar = vae.encoder.body(images).chunk(2, 1)
        logvar = logvar.clamp(-12, 4)
        out = vae.decoder(mean + torch.randn_like(mean) * (logvar / 2).exp())
        kl = 0.5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
        error = (out - images).abs().mean()
        seen = F.mse_loss(eye(out), eye(images))
        optimiser.step(error + (out - images).pow(2).mean() + 0.3 * seen + 3e-4 * kl, clock.rate(50, hold=0.4))
        average.update(vae)
        clock.step += 1
        clock.report(f"mean error {error.item():.4f}, seen {seen.item():.4f}, kl {kl.item():.2f}", every=60)
    vae.load_state_dict(average.shadow)
    vae.eval().normalise(w.render([w.random_scene(r) for _ in range(512)], r) * 2 - 1)
    torch.save(vae.state_dict(), WORK / "vae.pt")
    print(f"autoencoder trained {clock.step} steps")
    return vae


# ---------------------------------------------------------------- text encoder and UNet

class TextEncoder(nn.Module):
    """CLIP's text tower: causal attention, no padding mask (padding repeats the end token)."""

    def __init__(self, vocab: int):
        super().__init__()
        self.emb, self.emb_position = nn.Embedding(vocab, TEXT_DIM), nn.Embedding(LENGTH, TEXT_DIM)
        self.layers = nn.ModuleList(EncoderLayer(TEXT_DIM, 4, 256) for _ in range(2))
        self.norm = nn.LayerNorm(TEXT_DIM)
        self.end = vocab - 1  # the end token has the highest id

    def forward(self, input_ids):
        ids = input_ids.long()
        n = ids.shape[1]
        x = self.emb(ids) + self.emb_position(torch.arange(n))
        mask = (torch.arange(n)[None, :] > torch.arange(n)[:, None]).float() * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        x = self.norm(x)
        first_end = (ids == self.end).int().argmax(1)
        return x, x.gather(1, first_end[:, None, None].expand(-1, 1, TEXT_DIM))[:, 0]


class Mixer(nn.Module):
    """Diffusion's transformer block: self-attention, cross-attention to the text, feed-forward."""

    def __init__(self, dim: int):
        super().__init__()
        self.ln1, self.attn = nn.LayerNorm(dim), Attention(dim, 4)
        self.ln2, self.cross = nn.LayerNorm(dim), Attention(dim, 4, TEXT_DIM)
        self.ln3, self.mlp = nn.LayerNorm(dim), Mlp(dim, dim * 3)

    def forward(self, x, text):
        b, c, h, width = x.shape
        y = x.flatten(2).transpose(1, 2)
        y = y + self.attn(self.ln1(y))
        y = y + self.cross.read(self.ln2(y), *self.cross.project(text))
        y = y + self.mlp(self.ln3(y))
        return y.transpose(1, 2).reshape(b, c, h, width)


class UNet(nn.Module):
    WIDE, DEEP, TIME = 96, 160, 192

    def __init__(self):
        super().__init__()
        a, d, t = self.WIDE, self.DEEP, self.TIME
        self.time1, self.time2 = nn.Linear(64, t), nn.Linear(t, t)
        self.enter = nn.Conv2d(4, a, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, a, 8, 8))
        self.down, self.down_mix = Res(a, time=t), Mixer(a)
        self.shrink = nn.Conv2d(a, a, 3, 2, 1)
        self.deep1, self.deep_mix, self.deep2 = Res(a, d, time=t), Mixer(d), Res(d, time=t)
        self.grow = nn.Conv2d(d, a, 3, padding=1)
        self.up1, self.up_mix1 = Res(2 * a, a, time=t), Mixer(a)
        self.up2, self.up_mix2 = Res(2 * a, a, time=t), Mixer(a)
        self.norm, self.leave = nn.GroupNorm(8, a), nn.Conv2d(a, 4, 3, padding=1)
        self.register_buffer("frequency", torch.exp(-math.log(10000) * torch.arange(32) / 32)[None], persistent=False)

    def forward(self, sample, timestep, encoder_hidden_states):
        angle = timestep.float()[:, None] * self.frequency
        t = F.silu(self.time2(F.silu(self.time1(torch.cat([angle.cos(), angle.sin()], 1)))))
        text = encoder_hidden_states
        x0 = self.enter(sample)
        x0 = x0 + F.interpolate(self.position, size=(x0.shape[2], x0.shape[3]), mode="nearest")
        x1 = self.down_mix(self.down(x0, t), text)
        x = self.deep2(self.deep_mix(self.deep1(self.shrink(x1), t), text), t)
        x = self.grow(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.up_mix1(self.up1(torch.cat([x, x1], 1), t), text)
        x = self.up_mix2(self.up2(torch.cat([x, x0], 1), t), text)
        return self.leave(F.silu(self.norm(x)))


class Diffusion(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.text, self.unet = TextEncoder(vocab), UNet()


def make_tokenizer() -> Bpe:
    r = random.Random(6)
    return Bpe.train("clip", (w.random_scene(r, 0.4).prompt(r) for _ in range(6000)), 800, specials_last=[START, END])


def prompt_ids(tokenizer: Bpe, text: str):
    body = tokenizer.encode(text)[:LENGTH - 2]
    start, end = tokenizer.ids[START], tokenizer.ids[END]
    return [start, *body, end] + [end] * (LENGTH - 2 - len(body))


@torch.no_grad()
def dataset(vae, seed: int, count: int):
    r = random.Random(seed)
    scenes, latents = [], []
    while len(scenes) < count:
        batch = [w.random_scene(r, 0.35) for _ in range(128)]
        scenes += batch
        latents.append(vae.encoder(w.render(batch, r, jitter=4) * 2 - 1) * SCALING)
    return scenes, torch.cat(latents)


def train_unet(args, vae, tokenizer):
    scenes, latents = dataset(vae, args.seed + 1, args.images)
    print(f"{len(scenes)} latents, deviation {latents.std():.3f}", flush=True)
    model = Diffusion(len(tokenizer.tokens))
    init_weights(model.text)
    if args.resume:
        model.load_state_dict(torch.load(WORK / "diffusion.pt"))
    print(f"text {sum(p.numel() for p in model.text.parameters()) / 1e6:.2f} M, UNet {sum(p.numel() for p in model.unet.parameters()) / 1e6:.2f} M parameters")
    r = random.Random(args.seed + 2 + 1000 * args.resume)
    hidden = lambda name, p: p.ndim >= 2 and all(x not in name for x in ("emb", "position", "enter", "leave", "time1"))
    optimiser, average, clock = Optimiser(model, lr=1.5e-3, muon_lr=0.01, is_matrix=hidden), Average(model, 0.998), Clock(args.minutes)
    recent = 1.0
    while clock.progress < 1:
        rows = [r.randrange(len(scenes)) for _ in range(64)]
        ids = torch.tensor([prompt_ids(tokenizer, "" if r.random() < 0.12 else scenes[i].prompt(r)) for i in rows])
        x, t = latents[rows], torch.randint(0, 1000, (64,))
        noise, a = torch.randn_like(x), ALPHAS[t][:, None, None, None]
        guess = model.unet(a.sqrt() * x + (1 - a).sqrt() * noise, t, model.text(ids)[0])
        # Min-SNR weighting: steps with little noise would otherwise dominate what is learned.
        snr = (a / (1 - a)).squeeze()
        loss = ((guess - noise).pow(2).mean((1, 2, 3)) * snr.clamp(max=5) / snr).mean()
        optimiser.step(loss, clock.rate(80))
        average.update(model)
        clock.step += 1
        recent = 0.98 * recent + 0.02 * loss.item()
        clock.report(f"loss {recent:.4f}", every=60)
        if clock.step % 100 == 0:
            torch.save(average.shadow, WORK / "diffusion.pt")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), WORK / "diffusion.pt")
    print(f"trained {clock.step} steps")
    return model


@torch.no_grad()
def sample(model, vae, tokenizer, prompts, steps=25, guidance=5.0, seed=0, noise=None):
    """DDIM as scheduler_config.json says: leading spacing, offset 1, the last alpha from step 0."""
    n = len(prompts)
    text = model.text(torch.tensor([prompt_ids(tokenizer, p) for p in [""] * n + list(prompts)]))[0]
    x = torch.randn(n, 4, 8, 8, generator=torch.Generator().manual_seed(seed)) if noise is None else noise
    stride = 1000 // steps
    for t in [i * stride + 1 for i in reversed(range(steps))]:
        out = model.unet(torch.cat([x, x]), torch.tensor([t]), text)
        e = out[:n] + guidance * (out[n:] - out[:n])
        a, b = ALPHAS[t], ALPHAS[max(t - stride, 0)]
        x = b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e
    return (vae.decoder(x / SCALING) / 2 + 0.5).clamp(0, 1)


def evaluate(model, vae, tokenizer, n=100):
    from PIL import Image
    words = train_caption.make_tokenizer()
    judge, r = train_caption.load(words), random.Random(2024)
    scenes = [w.random_scene(r, 0.3) for _ in range(n)]
    prompts = [s.prompt(r) for s in scenes]
    real = w.render(scenes, r) * 2 - 1
    judged = judge.captions((vae.decoder(vae.encoder(real)) / 2 + 0.5).clamp(0, 1).detach(), words)
    print(f"autoencoder round trip: {sum(w.describes(c, s) for c, s in zip(judged, scenes)) / n:.2f} judged right, mean error {(vae.decoder(vae.encoder(real)) - real).abs().mean() / 2:.4f}")
    for steps, guidance in [(20, 3.0), (20, 5.0), (20, 7.5)]:
        images = sample(model, vae, tokenizer, prompts, steps, guidance)
        captions = judge.captions(images, words)
        hits = [w.describes(c, s) for c, s in zip(captions, scenes)]
        one = [h for h, s in zip(hits, scenes) if len(s.things) == 1]
        two = [h for h, s in zip(hits, scenes) if len(s.things) == 2]
        print(f"{steps} steps, guidance {guidance}: {sum(hits) / n:.2f} right (one shape {sum(one) / max(1, len(one)):.2f}, two shapes {sum(two) / max(1, len(two)):.2f})")
        sheet = images[:32].reshape(4, 8, 3, 64, 64).permute(0, 3, 1, 4, 2).reshape(256, 512, 3)
        Image.fromarray((sheet * 255).byte().numpy()).save(WORK / f"samples_{guidance}.png")
    for p, c in list(zip(prompts, captions))[:10]:
        print("   ", p, "->", c)


def write(model, vae, tokenizer):
    model, vae = ex.round_weights_to_half(model.eval()), ex.round_weights_to_half(vae.eval())
    vocab, vec = len(tokenizer.tokens), str(ex.WORK / "vec/diffusion_")
    ids = torch.tensor([prompt_ids(tokenizer, p) for p in ("a red circle", "a blue square on a white background")], dtype=torch.int32)
    batch = lambda *names: {n: {0: "batch_size"} for n in names}
    path = ex.export(model.text, (ids,), HOME / "text_encoder/model.onnx", ["input_ids"], ["last_hidden_state", "pooler_output"],
                     {"input_ids": {0: "batch_size", 1: "sequence_length"}, "last_hidden_state": {0: "batch_size", 1: "sequence_length"}, "pooler_output": {0: "batch_size"}})
    ex.record(model.text, {"input_ids": ids}, ["last_hidden_state", "pooler_output"], vec + "text.bin", path)
    names = ["sample", "timestep", "encoder_hidden_states"]
    spatial = {0: "batch_size", 2: "height", 3: "width"}
    path = ex.export(model.unet, (torch.randn(2, 4, 8, 8), torch.tensor([501]), torch.randn(2, LENGTH, TEXT_DIM)), HOME / "unet/model.onnx", names, ["out_sample"],
                     {"sample": spatial, "timestep": {0: "steps"}, "encoder_hidden_states": {0: "batch_size", 1: "sequence_length"}, "out_sample": spatial})
    ex.record(model.unet, dict(zip(names, (torch.randn(4, 4, 8, 8), torch.tensor([321]), torch.randn(4, LENGTH, TEXT_DIM)))), ["out_sample"], vec + "unet.bin", path)
    path = ex.export(vae.decoder, (torch.randn(2, 4, 8, 8),), HOME / "vae_decoder/model.onnx", ["latent_sample"], ["sample"], {"latent_sample": spatial, "sample": spatial})
    ex.record(vae.decoder, {"latent_sample": torch.randn(1, 4, 8, 8) / SCALING}, ["sample"], vec + "vae_decoder.bin", path)
    path = ex.export(vae.encoder, (torch.randn(2, 3, 64, 64),), HOME / "vae_encoder/model.onnx", ["sample"], ["latent_sample"], {"sample": spatial, "latent_sample": spatial})
    ex.record(vae.encoder, {"sample": torch.rand(2, 3, 64, 64) * 2 - 1}, ["latent_sample"], vec + "vae_encoder.bin", path)

    onnx = ["diffusers", "OnnxRuntimeModel"]
    ex.write_json(HOME / "model_index.json", {
        "_class_name": "OnnxStableDiffusionPipeline", "_diffusers_version": "0.21.0", "feature_extractor": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": onnx, "tokenizer": ["transformers", "CLIPTokenizer"], "unet": onnx, "vae_decoder": onnx, "vae_encoder": onnx})
    ex.write_json(HOME / "scheduler/scheduler_config.json", {
        "_class_name": "DDIMScheduler", "_diffusers_version": "0.21.0", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
        "prediction_type": "epsilon", "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1, "timestep_spacing": "leading", "trained_betas": None})
    ex.write_json(HOME / "text_encoder/config.json", {
        "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": vocab, "hidden_size": TEXT_DIM, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": LENGTH, "bos_token_id": tokenizer.ids[START], "eos_token_id": tokenizer.ids[END], "pad_token_id": tokenizer.ids[END]})
    ex.write_json(HOME / "unet/config.json", {
        "_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4, "out_channels": 4, "cross_attention_dim": TEXT_DIM, "block_out_channels": [UNet.WIDE, UNet.DEEP], "layers_per_block": 1})
    vae_config = {"_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": 4, "sample_size": 64, "scaling_factor": SCALING, "block_out_channels": [32, 64, 96, 96]}
    for part in ("vae_decoder", "vae_encoder"):
        ex.write_json(HOME / part / "config.json", vae_config)
    folder = pathlib.Path(HOME / "tokenizer")
    roberta = {"type": "RobertaProcessing", "sep": [END, tokenizer.ids[END]], "cls": [START, tokenizer.ids[START]], "trim_offsets": False, "add_prefix_space": False}
    ex.write_json(folder / "tokenizer.json", tokenizer.tokenizer_json(post_processor=roberta))
    ex.write_json(folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "add_prefix_space": False, "bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END,
                                                     "do_lower_case": True, "model_max_length": LENGTH})
    ex.write_json(folder / "special_tokens_map.json", {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END})
    tokenizer.write_vocab_files(folder)
    # One end-to-end probe: the same noise must give the same picture in C#.
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    image = sample(model, vae, tokenizer, ["a red circle on a white background"], 20, 5.0, noise=noise)
    ex.save_tensors(ex.WORK / "diffusion_probe.bin", {"ids": ids, "noise": noise, "image": image})


if __name__ == "__main__":
    args = arguments(22.0, vae_minutes=7.0, images=40000, keep_vae=0, resume_vae=0, resume=0)
    w.set_seed(args.seed)
    tokenizer = make_tokenizer()
    vae = Vae()
    if args.export_only or args.keep_vae:
        vae.load_state_dict(torch.load(WORK / "vae.pt"))
    else:
        vae = train_vae(args)
    vae.eval()
    for p in vae.parameters():
        p.requires_grad_(False)
    if args.export_only:
        model = Diffusion(len(tokenizer.tokens))
        model.load_state_dict(torch.load(WORK / "diffusion.pt"))
    else:
        model = train_unet(args, vae, tokenizer)
    write(model, vae, tokenizer)
    evaluate(model, vae, tokenizer)
