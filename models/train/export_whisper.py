"""Writes the mini whisper as optimum lays Whisper out: encoder, and one decoder with a branch for the first step and one for the rest."""
import json

import onnx
import torch
from onnx import TensorProto, helper

import export_onnx as ex
from whisper_model import DECODER_LAYERS, DIM, ENCODER_LAYERS, FRAMES, HEADS, HIDDEN, SECONDS, TARGET

HOME = ex.OUT / "resultity-mini-whisper"
SELF = [f"{i}.decoder.{kv}" for i in range(DECODER_LAYERS) for kv in ("key", "value")]
CROSS = [f"{i}.encoder.{kv}" for i in range(DECODER_LAYERS) for kv in ("key", "value")]
LOOKS = [f"cross_attentions.{i}" for i in range(DECODER_LAYERS)]


class FirstStep(torch.nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, input_ids, encoder_hidden_states):
        cross = self.decoder.cross(encoder_hidden_states)
        logits, present, looks = self.decoder(input_ids, cross)
        return (logits, *present, *cross, *looks)


class NextStep(torch.nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, input_ids, *past):
        logits, present, looks = self.decoder(input_ids, past[len(SELF):], past[:len(SELF)])
        return (logits, *present, *looks)


def merge(first, later, path):
    """One graph with an If over `use_cache_branch`; both branches share the weights, which lie outside of them."""
    shared, branches = {}, []
    for tag, model in (("with_past", later), ("no_past", first)):
        graph, rename = model.graph, {}
        for init in graph.initializer:
            shared.setdefault(init.name, init)
        for node in graph.node:  # inner names differ between the branches, weights keep theirs
            for name in node.output:
                rename[name] = f"{tag}/{name}"
        for output in graph.output:
            rename[output.name] = f"{tag}/{output.name}"
        for node in graph.node:
            node.input[:] = [rename.get(x, x) for x in node.input]
            node.output[:] = [rename[x] for x in node.output]
            node.name = f"{tag}/{node.name}"
        nodes, outputs = list(graph.node), []
        have = {o.name for o in graph.output}
        for name in ["logits", *(f"present.{x}" for x in SELF + CROSS), *LOOKS]:
            if name in have:
                outputs.append(helper.make_tensor_value_info(f"{tag}/{name}", TensorProto.FLOAT, None))
                continue
            shape = f"{tag}/{name}_shape"  # the sound's keys do not change: later steps give none back
            nodes.append(helper.make_node("Constant", [], [shape], value=helper.make_tensor(shape, TensorProto.INT64, [4], [0, HEADS, 1, DIM // HEADS])))
            nodes.append(helper.make_node("ConstantOfShape", [shape], [f"{tag}/{name}"]))
            outputs.append(helper.make_tensor_value_info(f"{tag}/{name}", TensorProto.FLOAT, None))
        branches.append(helper.make_graph(nodes, tag, [], outputs))
    names = ["logits", *(f"present.{x}" for x in SELF + CROSS), *LOOKS]
    choose = helper.make_node("If", ["use_cache_branch"], names, name="cache", then_branch=branches[0], else_branch=branches[1])
    kv = lambda n, length: helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch_size", HEADS, length, DIM // HEADS])
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch_size", "decoder_sequence_length"]),
              helper.make_tensor_value_info("encoder_hidden_states", TensorProto.FLOAT, ["batch_size", "encoder_sequence_length", DIM]),
              *[kv(f"past_key_values.{x}", "past_decoder_sequence_length") for x in SELF],
              *[kv(f"past_key_values.{x}", "encoder_sequence_length_out") for x in CROSS],
              helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch_size", "sequence_length", "vocabulary"] if n == "logits" else
                                             ["a", HEADS, f"{n}_length", "c"]) for n in names]
    graph = helper.make_graph([choose], "decoder_merged", inputs, outputs, list(shared.values()))
    model = helper.make_model(graph, producer_name="resultity-mini", opset_imports=[helper.make_opsetid("", ex.OPSET)])
    model.ir_version = first.ir_version
    ex.store_half(model)
    onnx.save(model, str(path))
    onnx.checker.check_model(str(path))


def write(model, tokenizer, languages):
    model = ex.round_weights_to_half(model.eval())
    folder = HOME / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    features = torch.randn(1, 80, 2 * FRAMES)
    batch = {0: "batch_size"}
    ex.export(model.encoder, (features,), folder / "encoder_model.onnx", ["input_features"], ["last_hidden_state"], {"input_features": batch, "last_hidden_state": batch})
    hidden, ids = model.encoder(features), torch.zeros(1, 3, dtype=torch.long)
    first, later = FirstStep(model.decoder), NextStep(model.decoder)
    present, cross = [f"present.{x}" for x in SELF], [f"present.{x}" for x in CROSS]
    grow = lambda names: {n: {0: "batch_size", 2: n + "_length"} for n in names}
    axes = {"input_ids": {0: "batch_size", 1: "decoder_sequence_length"}, "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"},
            "logits": {0: "batch_size", 1: "decoder_sequence_length"}}
    work = ex.WORK / "whisper"
    ex.export(first, (ids, hidden), work / "first.onnx", ["input_ids", "encoder_hidden_states"], ["logits", *present, *cross, *LOOKS],
              axes | grow(present + cross + LOOKS), half=False)
    with torch.no_grad():
        got = first(ids, hidden)
    past = [f"past_key_values.{x}" for x in SELF + CROSS]
    step_axes = {k: v for k, v in axes.items() if k != "encoder_hidden_states"}
    ex.export(later, (ids[:, :1], *got[1:1 + len(past)]), work / "later.onnx", ["input_ids", *past], ["logits", *present, *LOOKS],
              step_axes | grow(past + present + LOOKS), half=False)
    merge(onnx.load(str(work / "first.onnx")), onnx.load(str(work / "later.onnx")), folder / "decoder_model_merged.onnx")
    at = tokenizer.ids
    end, times = at["<|endoftext|>"], at["<|notimestamps|>"] + 1
    ex.write_json(HOME / "config.json", {
        "architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "is_encoder_decoder": True, "vocab_size": len(tokenizer.tokens), "num_mel_bins": 80,
        "d_model": DIM, "encoder_layers": ENCODER_LAYERS, "encoder_attention_heads": HEADS, "encoder_ffn_dim": HIDDEN, "decoder_layers": DECODER_LAYERS,
        "decoder_attention_heads": HEADS, "decoder_ffn_dim": HIDDEN, "activation_function": "gelu", "max_source_positions": FRAMES, "max_target_positions": TARGET,
        "scale_embedding": False, "bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": at["<|startoftranscript|>"]})
    ex.write_json(HOME / "generation_config.json", {
        "bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": at["<|startoftranscript|>"], "is_multilingual": True,
        "lang_to_id": {f"<|{x}|>": at[f"<|{x}|>"] for x in languages}, "task_to_id": {x: at[f"<|{x}|>"] for x in ("transcribe", "translate")},
        "no_timestamps_token_id": times - 1, "max_initial_timestamp_index": FRAMES, "suppress_tokens": [], "begin_suppress_tokens": [end],
        "alignment_heads": [[i, 0] for i in range(DECODER_LAYERS)], "return_timestamps": False, "max_length": TARGET})
    ex.write_json(HOME / "preprocessor_config.json", {
        "feature_extractor_type": "WhisperFeatureExtractor", "processor_class": "WhisperProcessor", "feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "n_fft": 400,
        "chunk_length": SECONDS, "n_samples": SECONDS * 16000, "nb_max_frames": 2 * FRAMES, "padding_side": "right", "padding_value": 0.0, "return_attention_mask": False})
    (HOME / "tokenizer.json").write_text(json.dumps(tokenizer.tokenizer_json(), ensure_ascii=False))
    ex.write_json(HOME / "tokenizer_config.json", {"tokenizer_class": "WhisperTokenizer", "add_prefix_space": False, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
                                                   "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "model_max_length": TARGET})
