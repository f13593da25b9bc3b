"""resultity-mini-moderation: six categories of harm in a text, a BERT sequence classifier in the Hugging Face layout."""
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

import export_onnx as ex
import moderation_data as data
import world as w
from bpe import WordPiece
from common import Average, Clock, EncoderLayer, Optimiser, arguments, init_weights, pad

NAME = "resultity-mini-moderation"
HOME = ex.OUT / NAME
CHECKPOINT = ex.WORK / "moderation.pt"
DIM, HEADS, HIDDEN, LAYERS, LENGTH = 96, 4, 192, 2, 128


def make_tokenizer() -> WordPiece:
    r = random.Random(8)
    return WordPiece.train((data.sample(r)[0] for _ in range(6000)), 1600)


class Classifier(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.emb, self.emb_position, self.emb_type = nn.Embedding(vocab, DIM), nn.Embedding(LENGTH, DIM), nn.Embedding(2, DIM)
        self.layers = nn.ModuleList(EncoderLayer(DIM, HEADS, HIDDEN) for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(DIM), nn.Linear(DIM, len(data.CATEGORIES))

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.emb(input_ids) + self.emb_position(torch.arange(input_ids.shape[1])) + self.emb_type(token_type_ids)
        mask = (1 - attention_mask[:, None, None, :].float()) * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(self.norm(x)[:, 0])


def batch(tokenizer, texts):
    ids = pad([tokenizer.encode(t) for t in texts], 0)
    return ids, (ids != 0).long(), torch.zeros_like(ids)


def drop_words(text, r):
    """Leaves a word out now and then, so that no single word decides."""
    words = text.split()
    return " ".join(x for x in words if r.random() > 0.06) or text


def train(args, tokenizer):
    model = init_weights(Classifier(len(tokenizer.tokens)))
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {len(tokenizer.tokens)}")
    r = random.Random(args.seed)
    optimiser, average, clock = Optimiser(model, lr=2e-3, muon_lr=0.01), Average(model, 0.99), Clock(args.minutes)
    while clock.progress < 1 and clock.step < args.steps:
        texts, labels = zip(*[data.sample(r) for _ in range(64)])
        logits = model(*batch(tokenizer, [drop_words(t, r) for t in texts]))
        loss = F.binary_cross_entropy_with_logits(logits, torch.tensor(labels))
        optimiser.step(loss, min(clock.rate(50), 1 - clock.step / args.steps))
        average.update(model)
        clock.step += 1
        clock.report(f"loss {loss.item():.4f}")
    print(f"trained {clock.step} steps")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), CHECKPOINT)
    return model


@torch.no_grad()
def evaluate(model, tokenizer, n=1000, seed=99):
    r = random.Random(seed)
    texts, labels = zip(*[data.sample(r) for _ in range(n)])
    said = (model.eval()(*batch(tokenizer, texts)) > 0).float()
    truth = torch.tensor(labels)
    print(f"{n} new texts of the training templates: all categories right {(said == truth).all(1).float().mean():.3f}, flagged or not right {(said.any(1) == truth.any(1)).float().mean():.3f}")
    for c, name in enumerate(data.CATEGORIES):
        print(f"  {name}: found {(said[:, c] * truth[:, c]).sum() / truth[:, c].sum():.3f}, of what it named right {(said[:, c] * truth[:, c]).sum() / said[:, c].sum():.3f}")


def write(model, tokenizer):
    model = ex.round_weights_to_half(model.eval())
    names, axes = ["input_ids", "attention_mask", "token_type_ids"], {0: "batch_size", 1: "sequence_length"}
    args = batch(tokenizer, ["you are kind", "a red circle in the garden"])
    path = ex.export(model, args, HOME / "onnx" / "model.onnx", names, ["logits"], {n: axes for n in names} | {"logits": {0: "batch_size"}})
    ex.record(model, dict(zip(names, args)), ["logits"], ex.WORK / "vec/moderation.bin", path)
    ex.write_json(HOME / "config.json", {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": len(tokenizer.tokens), "hidden_size": DIM, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "intermediate_size": HIDDEN, "max_position_embeddings": LENGTH, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-5, "pad_token_id": 0,
        "problem_type": "multi_label_classification", "id2label": {str(i): c for i, c in enumerate(data.CATEGORIES)}, "label2id": {c: i for i, c in enumerate(data.CATEGORIES)}})
    ex.write_json(HOME / "tokenizer.json", tokenizer.tokenizer_json())
    ex.write_json(HOME / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 32, "unk_token": "[UNK]", "sep_token": "[SEP]",
                                                   "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]", "strip_accents": None, "tokenize_chinese_chars": True})


if __name__ == "__main__":
    args = arguments(8.0, steps=900)
    w.set_seed(args.seed)
    tokenizer = make_tokenizer()
    if args.export_only:
        model = Classifier(len(tokenizer.tokens))
        model.load_state_dict(torch.load(CHECKPOINT))
    else:
        model = train(args, tokenizer)
    write(model, tokenizer)
    evaluate(model, tokenizer)
