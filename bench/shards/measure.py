#!/usr/bin/env python3
"""One model over several nodes, each in a network namespace of its own: Resultity's tunnel against llama.cpp's plain RPC over the same path.

usage: measure.py RESULTITY ENGINES MODEL.gguf [--members 2] [--rtt 0] [--memory 300] [--tokens 48] [--rounds 3] [--slots 1] [--context 512]

Needs root and iproute2. Prints JSON: texts, tokens per second, seconds to load, memory of every member's engine.
"""
import asyncio, argparse, http.client, json, os, signal, subprocess, sys, tempfile, time



async def delay(listen, target, port, seconds):
    """A proxy on every address that hands on each piece so much later."""
    async def pump(reader, writer):
        queue = asyncio.Queue()

        async def read():
            while True:
                piece = await reader.read(65536)
                await queue.put((time.monotonic() + seconds, piece))
                if not piece:
                    return
        reading = asyncio.create_task(read())
        while True:
            due, piece = await queue.get()
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        writer.close()
        await reading

    async def serve(reader, writer):
        there, back = await asyncio.open_connection(target, port)
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)
    await (await asyncio.start_server(serve, "0.0.0.0", listen)).serve_forever()


if sys.argv[1] == "delay":
    asyncio.run(delay(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])))
p = argparse.ArgumentParser()
p.add_argument("resultity"); p.add_argument("engines"); p.add_argument("model")
p.add_argument("--members", type=int, default=2); p.add_argument("--rtt", type=float, default=0); p.add_argument("--memory", type=int, default=300)
p.add_argument("--tokens", type=int, default=48); p.add_argument("--rounds", type=int, default=3); p.add_argument("--context", type=int, default=512)
a = p.parse_args()
BRIDGE, NET = "rsbr", "10.77.0."
started, folder = [], tempfile.mkdtemp(prefix="resultity-shards-")
names = ["head"] + [f"m{i + 1}" for i in range(a.members)]


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True).stdout


def space(name):
    return f"ip netns exec rs-{name} "


def start(command, log, env=None):
    process = subprocess.Popen(command, shell=True, stdout=open(f"{folder}/{log}.log", "w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               start_new_session=True, env={**os.environ, "GGML_NO_BACKTRACE": "1", **(env or {})})
    started.append(process)
    return process


def stop(*processes):
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        started.remove(process)


def post(host, port, path, body, key=None):
    client = http.client.HTTPConnection(host, port, timeout=600)
    client.request("POST", path, json.dumps(body), {"content-type": "application/json", **({"authorization": "Bearer " + key} if key else {})})
    answer = client.getresponse()
    return answer.status, json.loads(answer.read())


def get(host, port, path, key=None):
    client = http.client.HTTPConnection(host, port, timeout=5)
    client.request("GET", path, headers={"authorization": "Bearer " + key} if key else {})
    answer = client.getresponse()
    return answer.status, answer.read()


def until(condition, what, patience=300):
    since = time.monotonic()
    while True:
        try:
            if value := condition():
                return value, time.monotonic() - since
        except OSError:
            pass
        if time.monotonic() - since > patience:
            raise TimeoutError(what)
        time.sleep(0.05)


def memory_of(program, model=None):
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline").read().split("\0")
            if program in words and "--argv0" in words:
                namespace = sh(f"ip netns identify {pid}", check=False).strip()
                if namespace.startswith("rs-"):
                    found[namespace[3:]] = int(next(l for l in open(f"/proc/{pid}/status") if l.startswith("RssAnon")).split()[1]) // 1024
        except OSError:
            pass
    return found


def ask(host, port, key=None):
    """Tokens per second by the engine's own clock and by the client's, and the text."""
    body = {"model": "big", "prompt": "hello world", "temperature": 0, "max_tokens": a.tokens, "ignore_eos": True, "cache_prompt": False}
    rates, text = [], None
    for i in range(a.rounds + 1):
        since = time.monotonic()
        status, answer = post(host, port, "/v1/completions", body, key)
        assert status == 200, answer
        assert text in (None, answer["choices"][0]["text"]), "the same question, another text"
        text = answer["choices"][0]["text"]
        if i:
            rates.append((answer["timings"]["predicted_per_second"], a.tokens / (time.monotonic() - since)))
    return [round(sorted(r[k] for r in rates)[len(rates) // 2], 2) for k in (0, 1)], text


def plain():
    """llama.cpp alone, its RPC servers listening in their namespaces, with the layers where the plan put them."""
    servers = [start(f"{space(n)}{a.engines}/bin/ggml-rpc-server -H {NET}{i + 2} -p 21000 -t 1", "rpc-" + n) for i, n in enumerate(names) if n != "head"]
    until(lambda: all("Starting RPC server" in open(f"{folder}/rpc-{n}.log").read() for n in names[1:]), "the RPC servers")
    layers = [n["layers"] for n in plan["nodes"]]
    split = ",".join(str(n + (1 if i == len(layers) - 2 else 0)) for i, n in enumerate(layers[1:]))
    proxies = [start(f"{sys.executable} {__file__} delay {21000 + i} {NET}{i + 2} 21000 {a.rtt / 2000}", f"delay{i}") for i, n in enumerate(names) if n != "head" and a.rtt]
    time.sleep(1 if a.rtt else 0)
    rpc = ",".join(f"{NET}1:{21000 + i}" if a.rtt else f"{NET}{i + 2}:21000" for i, n in enumerate(names) if n != "head")
    since = time.monotonic()
    head = start(f"{space('head')}{a.engines}/bin/llama-server -m {a.model} --host {NET}2 --port 22000 -t 1 -c {a.context} -np 1 --jinja "
                 f"--rpc {rpc} -ngl {sum(layers) - layers[0] + 1} -ts {split} -ot '^(output|token_embd)=CPU'", "plain")
    until(lambda: get(NET + "2", 22000, "/health")[0] == 200, "llama-server")
    load = round(time.monotonic() - since, 1)
    rates, text = ask(NET + "2", 22000)
    stop(head, *proxies, *servers)
    return rates, text, load


def alone():
    head = start(f"{a.engines}/bin/llama-server -m {a.model} --host 127.0.0.1 --port 22001 -t 1 -c {a.context} -np 1 --jinja", "alone")
    until(lambda: get("127.0.0.1", 22001, "/health")[0] == 200, "llama-server")
    rates, text = ask("127.0.0.1", 22001)
    stop(head)
    return rates, text


try:
    sh(f"ip link add {BRIDGE} type bridge; ip addr add {NET}1/24 dev {BRIDGE}; ip link set {BRIDGE} up")
    for i, name in enumerate(names):
        sh(f"ip netns add rs-{name}; ip link add rsv{i} type veth peer name eth0 netns rs-{name}; ip link set rsv{i} master {BRIDGE} up; "
           f"{space(name)}ip addr add {NET}{i + 2}/24 dev eth0; {space(name)}ip link set eth0 up; {space(name)}ip link set lo up")
    key = "rk_for-this-measurement-only"
    env = {"RESULTITY_ENGINES": a.engines, "RESULTITY_API_KEY": key, "RESULTITY_ADMIN_KEY": "ra_for-this-measurement-only"}
    gateway = start(f"{a.resultity} gateway --host {NET}1 --port 19090 --data {folder}/gateway", "gateway", env)
    until(lambda: get(NET + "1", 19090, "/healthz")[0] == 200, "the gateway")
    cli = {**os.environ, **env, "RESULTITY_URL": f"http://{NET}1:19090"}
    token = subprocess.run([a.resultity, "nodes", "tokens", "create", "--uses", "0"], env=cli, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run([a.resultity, "shards", "create", "big", "--nodes", str(a.members + 1), "--context", str(a.context), "--slots", "1"], env=cli, check=True, capture_output=True)
    # A node's way to another is twice its way to the gateway.
    if a.rtt:
        start(f"{sys.executable} {__file__} delay 19091 {NET}1 19090 {a.rtt / 4000}", "delay")
        time.sleep(1)
    nodes = [start(f"{space(n)}{a.resultity} node --join http://{NET}1:{19091 if a.rtt else 19090} --token {token} --name {n} --data {folder}/{n} --shard-memory-mb {a.memory} --shard-threads 1 --log-level information"
                   + (f" --shard-model big={a.model}" if n == "head" else ""), n, env) for n in names]
    shards = lambda: json.loads(get(NET + "1", 19090, "/v1/models/big", key)[1]).get("shards", {})
    until(lambda: shards().get("state") == "ready", "the sharded model")
    plan = shards()["plan"]
    memory = {**memory_of("ggml-rpc-server"), **memory_of("llama-server")}
    listening = {n: sh(f"{space(n)}ss -Hltn | grep -v 127.0.0.1 || true") for n in names}
    ours, ours_text = ask(NET + "1", 19090, key)
    load = shards()["load_seconds"]
    stop(*nodes, gateway)
    theirs, theirs_text, theirs_load = plain()
    one, one_text = alone()
    print(json.dumps({
        "members": a.members, "extra_rtt_ms": a.rtt, "layers": [n["layers"] for n in plan["nodes"]], "forecast": plan["forecast"], "memory_mb": memory, "ports_beyond_loopback": [k for k, v in listening.items() if v],
        "tokens_per_second": {"resultity": ours[0], "plain_rpc": theirs[0], "one_process": one[0], "ratio": round(ours[0] / theirs[0], 3)},
        "end_to_end_tokens_per_second": {"resultity": ours[1], "plain_rpc": theirs[1], "ratio": round(ours[1] / theirs[1], 3)},
        "load_seconds": {"resultity": load, "plain_rpc": theirs_load}, "texts_equal": ours_text == theirs_text == one_text}))
finally:
    for process in list(started):
        stop(process)
    for i, name in enumerate(names):
        sh(f"ip netns del rs-{name}; ip link del rsv{i}", check=False)
    sh(f"ip link del {BRIDGE}", check=False)
    sh(f"rm -rf {folder}")
