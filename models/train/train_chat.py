"""resultity-mini-chat: a tiny Llama trained on synthetic ChatML conversations; writes ONNX (optimum layout) and GGUF."""
import collections
import pathlib
import random

import torch
import torch.nn.functional as F

import chat_data
import export_onnx as ex
import gguf
from bpe import Bpe
from common import Average, Clock, Optimiser, arguments, init_weights, pad
from llama import Llama, LlamaConfig
from world import set_seed

NAME = "resultity-mini-chat"
HOME = ex.OUT / NAME
CHECKPOINT = ex.WORK / "chat.pt"
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"]
NOT_SPECIAL = ("<tool_call>", "</tool_call>")  # kept in decoded text, as in Qwen2.5
MAX_LENGTH = 640
TEMPLATE = (pathlib.Path(__file__).parent / "chat_template.jinja").read_text()


def make_tokenizer(seed: int) -> Bpe:
    r = random.Random(seed)
    return Bpe.train("smollm", (chat_data.chatml(chat_data.conversation(r)) for _ in range(20000)), 1536, specials_first=SPECIALS)


def encode(tokenizer: Bpe, messages):
    """Token ids and, for each, whether it is the assistant's (and so trained at full weight)."""
    ids, own = [], []
    for role, content in messages:
        head = tokenizer.encode(f"<|im_start|>{role}\n")
        body = tokenizer.encode(content + "<|im_end|>")
        tail = tokenizer.encode("\n")
        ids += head + body + tail
        own += [0] * len(head) + [int(role == "assistant")] * len(body) + [0] * len(tail)
    return ids, own


def batches(tokenizer: Bpe, seed: int, size: int):
    """Endless batches of similar lengths, about `size` tokens each."""
    r = random.Random(seed)
    while True:
        rows = []
        while len(rows) < 2000:
            ids, own = encode(tokenizer, chat_data.conversation(r))
            if len(ids) <= MAX_LENGTH:
                rows.append((ids, own))
        rows.sort(key=lambda row: len(row[0]) + r.random())
        groups, start = [], 0
        for i in range(1, len(rows) + 1):
            if i == len(rows) or (i - start + 1) * len(rows[i][0]) > size:
                groups.append(rows[start:i])
                start = i
        r.shuffle(groups)
        for group in groups:
            yield pad([ids for ids, _ in group], 0), pad([own for _, own in group], -1)


def loss_of(model, ids, own, other_weight: float):
    """Next-token loss; other people's tokens count a little, which teaches the language they use."""
    hidden = model.hidden(ids[:, :-1])
    target, kind = ids[:, 1:], own[:, 1:]
    weight = (kind == 1).float() + (kind == 0).float() * other_weight
    keep = kind >= 0
    logits = hidden[keep] @ model.emb.weight.t()
    losses = F.cross_entropy(logits, target[keep], reduction="none")
    return (losses * weight[keep]).sum() / weight.sum()


def train(args, tokenizer):
    model = init_weights(Llama(LlamaConfig(vocab=len(tokenizer.tokens))))
    if args.resume:
        model.load_state_dict(torch.load(CHECKPOINT))
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters")
    optimiser, average, clock = Optimiser(model, lr=3e-3, muon_lr=0.02), Average(model, 0.995), Clock(args.minutes)
    tokens = 0
    for ids, own in batches(tokenizer, args.seed + 1 + 1000 * args.resume, args.batch_tokens):
        loss = loss_of(model, ids, own, 0.15)
        optimiser.step(loss, clock.rate(60))
        average.update(model)
        clock.step += 1
        tokens += ids.numel()
        clock.report(f"loss {loss.item():.3f}, {tokens / 1e6:.2f} M tokens")
        if clock.step % 200 == 0:
            torch.save(average.shadow, CHECKPOINT)
        if clock.progress >= 1:
            break
    print(f"trained {clock.step} steps on {tokens / 1e6:.2f} M tokens")
    model.load_state_dict(average.shadow)
    torch.save(model.state_dict(), CHECKPOINT)
    return model


@torch.no_grad()
def generate(model, tokenizer, messages, limit=160):
    """Greedy decoding through the cached (exported) path."""
    ids = tokenizer.encode(chat_data.chatml(messages, generation=True))
    c = model.c
    past = [torch.zeros(1, c.kv_heads, 0, c.head_dim) for _ in range(2 * c.layers)]
    out, feed = [], ids
    while len(out) < limit:
        total = past[0].shape[2] + len(feed)
        logits, *past = model(torch.tensor([feed]), torch.ones(1, total, dtype=torch.long), torch.arange(past[0].shape[2], total)[None], *past)
        token = int(logits[0, -1].argmax())
        if tokenizer.tokens[token] in ("<|im_end|>", "<|endoftext|>"):
            break
        out.append(token)
        feed = [token]
    return tokenizer.decode(out)


CREATIVE = {"story", "poem", "listing", "as_json"}  # several right answers; judged by form in evaluate()


def evaluate(model, tokenizer, per_skill=25, seed=99):
    """Exact-match accuracy by skill on fresh questions (same generator, another seed)."""
    r, result = random.Random(seed), collections.OrderedDict()
    groups = [(s.__name__, lambda s=s: [("user", None), s(r)]) for s, _ in chat_data.SKILLS]
    for name, make in groups:
        right = 0
        for _ in range(per_skill):
            q, a = make()[1]
            got = generate(model, tokenizer, [("user", q)])
            same = got == a
            if name in CREATIVE:
                shape = lambda t: (t.count("\n"), t.count(","), t.count(":"), t[:1], t[-1:])
                same = same or shape(got) == shape(a) or name in ("story", "poem") and got[-1:] == "." and len(got) > 30
            right += same
        result[name] = right / per_skill
    for name, make in [("memory", chat_data.memory), ("tool_use", chat_data.tool_use), ("persona", chat_data.persona), ("capitals", chat_data.capitals)]:
        right = total = 0
        for _ in range(per_skill):
            messages = make(r)
            right += generate(model, tokenizer, messages[:-1]) == messages[-1][1]
            total += 1
        result[name] = right / total
    return result


PROMPTS = ["Hello", "Who are you?", "What is 2 + 2?", "Count to five.", "List three fruits.", "Repeat after me: the blue box is heavy",
           "What color is the sky?", "Spell the word cat.", "Return JSON with name Anna and age 30.", "Tell me a short story about a fox."]


def write(model, tokenizer):
    model = ex.round_weights_to_half(model.eval())
    c, n = model.c, model.c.layers
    past = [f"past_key_values.{i}.{kv}" for i in range(n) for kv in ("key", "value")]
    present = [f"present.{i}.{kv}" for i in range(n) for kv in ("key", "value")]
    inputs, outputs = ["input_ids", "attention_mask", "position_ids", *past], ["logits", *present]
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
    axes |= {x: {0: "batch_size", 2: "past_sequence_length"} for x in past} | {x: {0: "batch_size", 2: "total_sequence_length"} for x in present}
    cache = lambda b, p: [torch.randn(b, c.kv_heads, p, c.head_dim) for _ in past]
    sample = lambda b, s, p: (torch.randint(5, c.vocab, (b, s)), torch.ones(b, p + s, dtype=torch.long), torch.arange(p, p + s)[None].repeat(b, 1), *cache(b, p))
    path = ex.export(model, sample(2, 3, 4), HOME / "onnx" / "model.onnx", inputs, outputs, axes)
    # Test vectors: a prompt from nothing, a step with a cache, and a left-padded batch.
    for tag, args in [("prompt", sample(1, 7, 0)), ("step", sample(3, 1, 5))]:
        ex.record(model, dict(zip(inputs, args)), outputs, ex.WORK / f"vec/chat_{tag}.bin", path)
    ids = torch.randint(5, c.vocab, (2, 6))
    mask = torch.tensor([[0, 0, 0, 1, 1, 1], [1] * 6])
    ex.record(model, dict(zip(inputs, (ids, mask, (mask.cumsum(1) - 1).clamp(min=0), *cache(2, 0)))), outputs, ex.WORK / "vec/chat_padded.bin", path)

    t = tokenizer
    ex.write_json(HOME / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": c.vocab, "hidden_size": c.dim, "intermediate_size": c.hidden,
        "num_hidden_layers": c.layers, "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "head_dim": c.head_dim,
        "max_position_embeddings": c.context, "rms_norm_eps": c.eps, "rope_theta": c.theta, "rope_scaling": None, "hidden_act": "silu",
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True, "torch_dtype": "float32", "use_cache": True,
        "bos_token_id": t.ids["<|endoftext|>"], "eos_token_id": t.ids["<|im_end|>"], "pad_token_id": t.ids["<|endoftext|>"]})
    ex.write_json(HOME / "generation_config.json", {
        "bos_token_id": t.ids["<|endoftext|>"], "eos_token_id": [t.ids["<|im_end|>"], t.ids["<|endoftext|>"]], "pad_token_id": t.ids["<|endoftext|>"],
        "do_sample": False, "max_new_tokens": 256})
    ex.write_json(HOME / "tokenizer.json", t.tokenizer_json(NOT_SPECIAL))
    ex.write_json(HOME / "tokenizer_config.json", {
        "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>", "model_max_length": c.context, "clean_up_tokenization_spaces": False, "chat_template": TEMPLATE,
        "added_tokens_decoder": {str(t.ids[s]): {"content": s, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
                                                 "special": s not in NOT_SPECIAL} for s in SPECIALS}})
    ex.write_json(HOME / "special_tokens_map.json", {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>"})
    for kind in ("f16",):  # "q8_0" can be written too
        gguf.write_llama(HOME / f"{NAME}-{kind}.gguf", model, t, NAME, TEMPLATE, "<|im_end|>", "<|endoftext|>", NOT_SPECIAL, kind)
    # What the C# program must reproduce: prompt ids and greedy answers.
    probes = [{"prompt": chat_data.chatml([("user", p)], True), "ids": t.encode(chat_data.chatml([("user", p)], True)), "answer": generate(model, t, [("user", p)])} for p in PROMPTS]
    ex.write_json(ex.WORK / "chat_probes.json", probes)
    for probe in probes:
        print(repr(probe["answer"]))


if __name__ == "__main__":
    args = arguments(40.0, resume=0, batch_tokens=4096, probes=25)
    set_seed(args.seed)
    tokenizer = make_tokenizer(args.seed)
    if args.export_only:
        model = Llama(LlamaConfig(vocab=len(tokenizer.tokens)))
        model.load_state_dict(torch.load(CHECKPOINT))
    else:
        model = train(args, tokenizer)
    write(model, tokenizer)
    scores = evaluate(model, tokenizer, args.probes)
    print({k: round(v, 2) for k, v in scores.items()}, "mean", round(sum(scores.values()) / len(scores), 3))
