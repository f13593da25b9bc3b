using System.Globalization;
using System.Net;
using System.Text;

namespace Resultity.Load;

/// <summary>What load is made, from the command line.</summary>
internal sealed class LoadOptions
{
    public const string Usage = """
        load [options] URL
          -c, --connections N   connections, each with one request at a time (16)
          -R, --rate N          open loop: N requests a second, latency counted from the time each was to start (0: closed loop)
          -d, --duration S      seconds that are measured (5)
          -w, --warmup S        seconds before them (0)
          -n, --requests N      stop after N requests
          -s, --stream          ask for server-sent events; a good stream ends with data: [DONE]
              --tokens N        a good stream has the tokens " t0" to " tN-1" in its events, in order
              --body TEXT|@FILE the request's body; --model NAME for the default one, NAME,NAME for connections in turn
              --method M        (POST, or GET when the body is empty)
              --header "N: V"   may be given several times; --bearer KEY for the usual one
              --status N        the status of a good answer (200); 202 for requests that are fetched later
          -t, --timeout S       seconds for one request (30)
              --ramp S          seconds over which the connections are opened (0)
              --no-drain        do not wait for what runs at the end
              --json            report as one JSON line
        URL is http://127.0.0.1:PORT/path.
        """;

    public int Connections { get; private set; } = 16;
    public double Rate { get; private set; }
    public double Duration { get; private set; } = 5;
    public double Warmup { get; private set; }
    public long Requests { get; private set; } = long.MaxValue;
    public bool Stream { get; private set; }
    public int Tokens { get; private set; }
    public int Status { get; private set; } = 200;
    public double Timeout { get; private set; } = 30;
    public double Ramp { get; private set; }
    public bool Drain { get; private set; } = true;
    public bool Json { get; private set; }
    public string Url { get; private set; } = "";
    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 80);

    /// <summary>The bytes of every request; connections take them in turn.</summary>
    public byte[][] RequestBytes { get; private set; } = [];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An option is unknown or its value is wrong; the message says which.</exception>
    public static LoadOptions Parse(string[] args)
    {
        var options = new LoadOptions();
        var headers = new StringBuilder();
        string? body = null, method = null, url = null;
        var model = "stub-model";
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{name} needs a value");
            double Number() => double.TryParse(Value(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                ? number : throw new FormatException($"{name} needs a number, not '{args[i]}'");
            switch (name)
            {
                case "-c" or "--connections": options.Connections = Math.Max(1, (int)Number()); break;
                case "-R" or "--rate": options.Rate = Number(); break;
                case "-d" or "--duration": options.Duration = Number(); break;
                case "-w" or "--warmup": options.Warmup = Number(); break;
                case "-n" or "--requests": options.Requests = (long)Number(); break;
                case "-s" or "--stream": options.Stream = true; break;
                case "--status": options.Status = (int)Number(); break;
                case "--tokens": options.Tokens = (int)Number(); break;
                case "--body": body = Value(); break;
                case "--model": model = Value(); break;
                case "--method": method = Value(); break;
                case "--header": headers.Append(Value()).Append("\r\n"); break;
                case "--bearer": headers.Append("Authorization: Bearer ").Append(Value()).Append("\r\n"); break;
                case "-t" or "--timeout": options.Timeout = Number(); break;
                case "--ramp": options.Ramp = Number(); break;
                case "--no-drain": options.Drain = false; break;
                case "--json": options.Json = true; break;
                default:
                    if (name.StartsWith('-') || url is not null) throw new FormatException($"'{name}' is not an option");
                    url = name;
                    break;
            }
        }

        options.Url = url ?? throw new FormatException("the URL is missing");
        options.RequestBytes = [.. (body is null ? model.Split(',').Select(name => DefaultBody(name, options.Stream)) : [body]).Select(text => options.Build(text, method, headers.ToString()))];
        return options;
    }

    private static string DefaultBody(string model, bool stream) =>
        $$"""{"model":"{{model}}",{{(stream ? "\"stream\":true," : "")}}"messages":[{"role":"user","content":"Say hello to the world, please."}]}""";

    private byte[] Build(string body, string? method, string headers)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var uri) || uri.Scheme != "http") throw new FormatException($"'{Url}' is not an http:// address");
        if (!IPAddress.TryParse(uri.Host == "localhost" ? "127.0.0.1" : uri.Host, out var address)) throw new FormatException($"'{uri.Host}' is not an IP address");
        Address = new IPEndPoint(address, uri.Port);
        var content = body.StartsWith('@') ? File.ReadAllBytes(body[1..]) : Encoding.UTF8.GetBytes(body);
        var type = content.Length == 0 ? "" : $"Content-Type: application/json\r\nContent-Length: {content.Length}\r\n";
        var head = $"{method ?? (content.Length == 0 ? "GET" : "POST")} {uri.PathAndQuery} HTTP/1.1\r\nHost: {uri.Authority}\r\n{headers}{type}\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. content];
    }
}
