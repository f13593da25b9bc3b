"""resultity-mini-embed: a tiny BERT sentence encoder in the layout of all-MiniLM (mean pooling, normalised)."""
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

import chat_data
import export_onnx as ex
import world as w
from bpe import WordPiece
from common import Average, Clock, EncoderLayer, Optimiser, arguments, init_weights, pad

NAME = "resultity-mini-embed"
HOME = ex.OUT / NAME
CHECKPOINT = ex.WORK / "embed.pt"
DIM, HEADS, HIDDEN, LAYERS, LENGTH = 128, 4, 256, 2, 128


# ---------------------------------------------------------------- paraphrases

def meanings(r: random.Random):
    """One random meaning and all the ways to say it; every list is one meaning with its slots filled."""
    name, city, room, day, thing, animal, food = (r.choice(x) for x in (w.NAMES, w.CITIES, w.ROOMS, w.DAYS, w.OBJECTS, w.ANIMALS, w.FOODS))
    colour, shape, n, hour, weather = r.choice(w.COLOUR_NAMES), r.choice(w.SHAPES), r.randint(2, 20), r.randint(1, 12), r.choice(w.WEATHER)
    number, animals, fruit = r.choice([str(n), w.number_word(n)]), w.plural(animal), w.plural(r.choice(w.FRUITS))
    state, opposite = r.choice([("on", "off"), ("off", "on")])
    return r.choice([
        [f"a {colour} {shape}", f"a picture of a {colour} {shape}", f"the {shape} is {colour}", f"there is a {colour} {shape}", f"draw a {shape} in {colour}", f"I can see a {colour} {shape} here"],
        [f"turn {state} the light in the {room}", f"switch the {room} lamp {state}", f"put the lights {state} in the {room}", f"please turn the {room} light {state}", f"{room} light {state}"],
        [f"{name} lives in {city}", f"{name}'s home is in {city}", f"the city where {name} lives is {city}", f"{name} has a house in {city}", f"Where does {name} live? In {city}."],
        [f"it is {weather} in {city}", f"the weather in {city} is {weather}", f"{city} has a {weather} day", f"today {city} is {weather}", f"{weather} weather in {city}"],
        [f"{name} has {number} {animals}", f"{n} {animals} belong to {name}", f"{name} owns {number} {animals}", f"{name} keeps {n} {animals} at home", f"there are {number} {animals} at {name}'s place"],
        [f"the {thing} is in the {room}", f"you can find the {thing} in the {room}", f"look for the {thing} in the {room}", f"somebody put the {thing} in the {room}", f"in the {room} there is a {thing}"],
        [f"the meeting is on {day} at {hour}", f"we meet at {hour} o'clock on {day}", f"{day} at {hour}: meeting", f"there is a meeting {day}, {hour} o'clock", f"the group comes together on {day} at {hour}"],
        [f"{name} likes {fruit}", f"{name} loves to eat {fruit}", f"the favorite fruit of {name} is {fruit}", f"{fruit} taste good to {name}", f"{name} enjoys {fruit}"],
        [f"how do I cook {food}", f"what is the recipe for {food}", f"show me how to make {food}", f"the way to prepare {food}", f"I want to make {food}"],
        [f"send a message to {name}", f"write to {name}", f"text {name}", f"let {name} know with a message", f"please message {name}"],
        [f"the {animal} is sleeping in the {room}", f"a {animal} takes a nap in the {room}", f"in the {room} a {animal} sleeps", f"the {room} has a sleeping {animal}"],
        [f"how far is it to {city}", f"what is the distance to {city}", f"how many kilometers to {city}", f"tell me how long the way to {city} is"],
        [f"book a trip to {city} on {day}", f"reserve a journey to {city} for {day}", f"I want to travel to {city} on {day}", f"plan my {day} trip to {city}"],
        [f"{name} is happy today", f"{name} feels good today", f"today {name} is in a good mood", f"{name} is glad today"],
        [f"{name} is sad today", f"{name} feels bad today", f"today {name} is in a bad mood", f"{name} is unhappy today"],
        [f"what is the price of the {thing}", f"how much does the {thing} cost", f"tell me what the {thing} costs", f"is the {thing} expensive"],
        [f"set an alarm for {hour} o'clock", f"wake me up at {hour}", f"I need an alarm at {hour}", f"alarm at {hour} please"],
        [f"open the {room} window", f"please open the window in the {room}", f"the window of the {room} should be open", f"let fresh air into the {room}"],
        [f"{name} lost the {thing}", f"{name} cannot find the {thing}", f"the {thing} of {name} is missing", f"{name} is looking for the lost {thing}"],
        [f"a {colour} {thing}", f"the {thing} is {colour}", f"the color of the {thing} is {colour}", f"a {thing} that is {colour}"]])


def free_text(r: random.Random):
    """Words with no known meaning, so that unseen vocabulary still embeds by the words it shares."""
    words = [r.choice(chat_data.WORDS) if r.random() < 0.5 else chat_data.pseudo_word(r) for _ in range(r.randint(2, 9))]
    other = [x for x in words if r.random() < 0.8] or words
    if r.random() < 0.4:
        r.shuffle(other)
    if r.random() < 0.3:
        other.insert(r.randrange(len(other) + 1), chat_data.pseudo_word(r))
    return " ".join(words), " ".join(other)


def pair(r: random.Random):
    if r.random() < 0.25:
        return free_text(r)
    a, b = r.sample(meanings(r), 2)
    if r.random() < 0.3:
        a, b = a[0].upper() + a[1:] + r.choice([".", "", "?"]), b
    return a, b


# ---------------------------------------------------------------- model

class Bert(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.emb, self.emb_position, self.emb_type = nn.Embedding(vocab, DIM), nn.Embedding(LENGTH, DIM), nn.Embedding(2, DIM)
        self.norm = nn.LayerNorm(DIM)
        self.layers = nn.ModuleList(EncoderLayer(DIM, HEADS, HIDDEN) for _ in range(LAYERS))
        self.last = nn.LayerNorm(DIM)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.norm(self.emb(input_ids) + self.emb_position(torch.arange(input_ids.shape[1])) + self.emb_type(token_type_ids))
        mask = (1 - attention_mask)[:, None, None, :].float() * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        return self.last(x)

    def embed(self, rows):
        ids = pad(rows, 0)
        mask = (ids != 0).long()
        x = self(ids, mask, torch.zeros_like(ids)) * mask[..., None]
        return F.normalize(x.sum(1) / mask.sum(1, keepdim=True), dim=-1)


def make_tokenizer() -> WordPiece:
    r = random.Random(8)
    texts = [t for _ in range(6000) for t in meanings(r)]
    texts += [c for _ in range(4000) for _, c in chat_data.conversation(r)] + chat_data.WORDS * 3
    return WordPiece.train(texts, 2400)


def train(args, tokenizer):
    model = init_weights(Bert(len(tokenizer.tokens)))
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {len(tokenizer.tokens)}")
    r = random.Random(args.seed)
    optimiser, average, clock = Optimiser(model, lr=2e-3, muon_lr=0.01), Average(model, 0.99), Clock(args.minutes)
    while clock.progress < 1:
        pairs = [pair(r) for _ in range(128)]
        both = model.embed([tokenizer.encode(t) for p in pairs for t in p])
        scores = both[0::2] @ both[1::2].t() * 20
        # The same meaning can be drawn twice in a batch; identical texts must not count as negatives.
        firsts = [p[0].lower() for p in pairs]
        same = torch.tensor([[i != j and firsts[i] == firsts[j] for j in range(len(firsts))] for i in range(len(firsts))])
        scores = scores.masked_fill(same, -1e4)
        target = torch.arange(len(pairs))
        loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target)) / 2
        optimiser.step(loss, clock.rate(50))
        average.update(model)
        clock.step += 1
        clock.report(f"loss {loss.item():.4f}")
    print(f"trained {clock.step} steps")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), CHECKPOINT)
    return model


@torch.no_grad()
def evaluate(model, tokenizer, n=500, seed=31337):
    """Top-1 retrieval: each text must find its own paraphrase among n; fresh slot values, all meanings distinct."""
    for label, make in [("paraphrases", lambda r: tuple(r.sample(meanings(r), 2))), ("free text", free_text)]:
        r, seen, pairs = random.Random(seed), set(), []
        while len(pairs) < n:
            a, b = make(r)
            if a not in seen and b not in seen:
                seen |= {a, b}
                pairs.append((a, b))
        a, b = (model.eval().embed([tokenizer.encode(p[i]) for p in pairs]) for i in (0, 1))
        scores = a @ b.t()
        top1 = (scores.argmax(1) == torch.arange(n)).float().mean()
        top5 = (scores.topk(5).indices == torch.arange(n)[:, None]).any(1).float().mean()
        print(f"{label}: retrieval among {n}: top-1 {top1:.3f}, top-5 {top5:.3f}")


def write(model, tokenizer):
    model = ex.round_weights_to_half(model.eval())
    names, axes = ["input_ids", "attention_mask", "token_type_ids"], {0: "batch_size", 1: "sequence_length"}
    ids = torch.randint(5, len(tokenizer.tokens), (2, 7))
    mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    args = (ids, mask, torch.zeros_like(ids))
    path = ex.export(model, args, HOME / "onnx" / "model.onnx", names, ["last_hidden_state"], {n: axes for n in [*names, "last_hidden_state"]})
    ex.record(model, dict(zip(names, args)), ["last_hidden_state"], ex.WORK / "vec/embed.bin", path)
    ex.write_json(HOME / "config.json", {
        "architectures": ["BertModel"], "model_type": "bert", "vocab_size": len(tokenizer.tokens), "hidden_size": DIM, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "intermediate_size": HIDDEN, "max_position_embeddings": LENGTH, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-5, "pad_token_id": 0})
    ex.write_json(HOME / "tokenizer.json", tokenizer.tokenizer_json())
    ex.write_json(HOME / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": LENGTH, "unk_token": "[UNK]", "sep_token": "[SEP]",
                                                   "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]", "strip_accents": None, "tokenize_chinese_chars": True})
    ex.write_json(HOME / "special_tokens_map.json", {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"})
    (HOME / "vocab.txt").write_text("\n".join(tokenizer.tokens) + "\n")
    ex.write_json(HOME / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])
    ex.write_json(HOME / "sentence_bert_config.json", {"max_seq_length": LENGTH, "do_lower_case": False})
    ex.write_json(HOME / "1_Pooling/config.json", {"word_embedding_dimension": DIM, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
                                                   "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})
    texts = ["a red circle", "the circle is red", "turn on the light in the kitchen", "switch the kitchen lamp on", "Anna lives in Berlin", "Where does Anna live? In Berlin."]
    with torch.no_grad():
        vectors = model.embed([tokenizer.encode(t) for t in texts])
    ex.write_json(ex.WORK / "embed_probes.json", [{"text": t, "ids": tokenizer.encode(t), "first": v[:4].tolist()} for t, v in zip(texts, vectors)])
    print(vectors @ vectors.t())


if __name__ == "__main__":
    args = arguments(8.0)
    w.set_seed(args.seed)
    tokenizer = make_tokenizer()
    if args.export_only:
        model = Bert(len(tokenizer.tokens))
        model.load_state_dict(torch.load(CHECKPOINT))
    else:
        model = train(args, tokenizer)
    write(model, tokenizer)
    evaluate(model, tokenizer)
