namespace Resultity.Configuration;

/// <summary>Everything that can be configured. To add a setting: a line here, and its use in <see cref="HostSettings"/>.</summary>
internal static class Settings
{
    public const string EnvironmentPrefix = "RESULTITY__";

    private const long Second = 1000;
    private const long Hour = 3600 * Second;

    public static IReadOnlyList<Setting> All { get; } =
    [
        new("gateway.host", SettingKind.Text, "The address to listen on; 0.0.0.0 or * is every address of this machine.", "127.0.0.1"),
        new("gateway.port", SettingKind.Integer, "The port to listen on; 0 takes a free one.", "8080") { Min = 0, Max = 65535 },
        new("gateway.public_url", SettingKind.Text, "The URL under which clients and nodes reach this gateway, where a proxy stands in front of it."),
        new("gateway.cors_origins", SettingKind.List, "Origins whose browsers may call the API, such as https://app.example.org."),
        new("gateway.image_hosts", SettingKind.List, "Hosts that images are fetched from when a request names them by URL, such as images.example.org or *.example.org (https and public addresses only), or whole origins such as http://10.0.0.5:8000 [default: none, URLs are refused]."),
        new("gateway.webhook_receivers", SettingKind.Choice, "Where webhooks may go: public is https and addresses of the public internet, private is http and this network's own addresses, too.", "public") { Choices = ["public", "private"] },
        new("gateway.json_body_limit", SettingKind.Integer, "The largest JSON body of a request, in bytes.", "33554432") { Min = 1024, Max = 1 << 30 },
        new("gateway.database", SettingKind.Text, "A PostgreSQL database that gateways share: postgres://user:password@host/database [default: a SQLite file in the data folder].") { IsSecret = true },
        new("gateway.database_file", SettingKind.Text, "A file that holds the database's address, where it is given as a mounted secret."),
        new("gateway.blobs", SettingKind.Text, "The folder of large payloads, which gateways on one database share [default: a folder in the data folder]."),
        new("gateway.job_lease", SettingKind.Duration, "How long a stored request stays with a gateway that is not heard of any more, before another runs it.", "30s") { Min = 3 * Second, Max = Hour },
        new("gateway.request_timeout", SettingKind.Duration, "How long a request may take, queueing included, if it names no deadline itself.", "30m") { Min = Second, Max = 24 * Hour },
        new("gateway.max_attempts", SettingKind.Integer, "On how many nodes a request is tried at most.", "4") { Min = 1, Max = 16 },
        new("gateway.queue_length", SettingKind.Integer, "The most requests that wait for one model before new ones are refused.", "1000") { Min = 0, Max = 1_000_000 },
        new("gateway.queue_length_per_namespace", SettingKind.Integer, "The most requests of one namespace that wait for one model.", "500") { Min = 0, Max = 1_000_000 },
        new("gateway.node_return_grace", SettingKind.Duration, "How long a request waits for a node to come back when no node offers its model any more.", "5s") { Min = 0, Max = Hour },
        new("gateway.aliases", SettingKind.Map, "Further names of models: the name that clients use, and the model that it stands for."),
        new("node.join", SettingKind.Text, "The gateway's URL."),
        new("node.token", SettingKind.Text, "The join token; needed once, until the node is enrolled.") { IsSecret = true },
        new("node.name", SettingKind.Text, "What operators call this node [default: the machine's name]."),
        new("node.region", SettingKind.Text, "Where this node stands, such as eu-west; subclouds may ask for it."),
        new("node.subclouds", SettingKind.List, "Subclouds that this node wants to serve; their operators decide."),
        new("node.models", SettingKind.List, "Folders of models: each a model, or a folder of models."),
        new("node.openai", SettingKind.List, "OpenAI-speaking servers to serve: url[,key-env=NAME][,key-file=PATH][,models=a;b][,slots=N][,endpoints=a;b][,continues=true]."),
        new("node.gguf", SettingKind.List, "GGUF files to serve with llama-server: path[,name=NAME][,slots=N][,context=TOKENS][,threads=N][,gpu-layers=N][,mmproj=PATH][,embeddings=true][,pooling=mean|cls|last][,rerank=true][,load=TIME][,first-token=TIME]."),
        new("node.whisper", SettingKind.List, "Whisper models in ggml's format to serve with whisper-server: path[,name=NAME][,slots=N][,threads=N][,load=TIME], where path is a file or a folder of them."),
        new("node.commands", SettingKind.Map, "Server programs that speak OpenAI's protocol, by the name of their model: [slots=N,memory-mb=N,context=TOKENS,endpoints=a;b,ready=/path,continues=true,load=TIME,first-token=TIME] program arguments, with {port} for the port to listen on."),
        new("node.memory_mb", SettingKind.Integer, "The memory for all models of supervised engines that are loaded at once, in MB [default: three quarters of the system's].") { Min = 1, Max = 1 << 30 },
        new("node.llama_server", SettingKind.Text, "The program llama-server.", "llama-server"),
        new("node.whisper_server", SettingKind.Text, "The program whisper-server.", "whisper-server"),
        new("node.builtin_models", SettingKind.Choice, "Whether to serve the models that come with the program: auto does if no other models and servers are named.", "auto") { Choices = ["auto", "always", "never"] },
        new("node.slots", SettingKind.Integer, "How many requests each model of this process runs at once.", "8") { Min = 1, Max = 1024 },
        new("node.links", SettingKind.Integer, "How many connections the node holds to the gateway.", "2") { Min = 1, Max = 16 },
        new("node.transport", SettingKind.Choice, "How the node connects: upgrade is HTTP/1.1 Upgrade, websocket passes proxies that know nothing else, auto tries both.", "auto") { Choices = ["auto", "upgrade", "websocket"] },
        new("node.shard_memory_mb", SettingKind.Text, "Memory that this node lends to the layers of models that are sharded over several nodes, in MB; auto is what the system has free, none takes no part.", "none"),
        new("node.shard_models", SettingKind.List, "GGUF files that this node serves with llama-server, sharded over other nodes where its own memory does not suffice: [name=]path."),
        new("node.shard_threads", SettingKind.Integer, "Threads of each engine of a sharded model [default: the machine's processors].") { Min = 1, Max = 1024 },
        new("data", SettingKind.Text, "The folder for everything that must survive [default: a folder in the user's profile]."),
        new("drain_timeout", SettingKind.Duration, "How long a stopping gateway or node lets requests finish.", "30s") { Min = 0, Max = Hour },
        new("log.format", SettingKind.Choice, "How log lines are written, to standard error.", "text") { Choices = ["text", "json"] },
        new("log.level", SettingKind.Choice, "The least level that is logged.", "warning") { Choices = ["trace", "debug", "information", "warning", "error", "none"] },
    ];

    public static Setting Of(string key) => All.First(setting => setting.Key == key);
}
