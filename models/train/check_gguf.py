"""Starts llama-server on the GGUF file and compares its greedy answers with the ONNX model's (work/chat_probes.json).

Usage: check_gguf.py LLAMA_SERVER MODEL.gguf
"""
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

server, model, port = sys.argv[1], sys.argv[2], 18741
work = pathlib.Path(__file__).resolve().parent / "work"
process = subprocess.Popen([server, "-m", model, "--port", str(port), "--host", "127.0.0.1", "-c", "1024", "-t", "1", "--no-webui"],
                           stdout=subprocess.DEVNULL, stderr=(work / "llama-server.log").open("w"))


def post(path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    return json.loads(urllib.request.urlopen(request, timeout=60).read())


try:
    for _ in range(60):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
            break
        except Exception:
            time.sleep(0.5)
    probes, same, ids_same, templated, speeds = json.load((work / "chat_probes.json").open()), 0, 0, 0, []
    for probe in probes:
        ids_same += post("/tokenize", {"content": probe["prompt"], "parse_special": True})["tokens"] == probe["ids"]
        reply = post("/completion", {"prompt": probe["prompt"], "temperature": 0, "n_predict": 160, "cache_prompt": False})
        same += reply["content"] == probe["answer"]
        speeds.append(reply["timings"]["predicted_per_second"])
        if reply["content"] != probe["answer"]:
            print("llama.cpp:", repr(reply["content"]), "ONNX:", repr(probe["answer"]))
        question = probe["prompt"].split("\n", 1)[1].split("<|im_end|>")[0]
        chat = post("/v1/chat/completions", {"messages": [{"role": "user", "content": question}], "temperature": 0, "max_tokens": 160})
        templated += chat["choices"][0]["message"]["content"] == probe["answer"]
    print(f"{model.split('/')[-1]}: {ids_same}/{len(probes)} prompts tokenised alike, {same}/{len(probes)} greedy answers equal, "
          f"{templated}/{len(probes)} through the chat template, {sum(speeds) / len(speeds):.0f} tokens/s")
finally:
    process.terminate()
    process.wait()
