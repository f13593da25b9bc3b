using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Resultity.Contracts.Values;
using Resultity.Gateway.Responses;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>Whatever is wrong with a request, it is told as the client's mistake; nothing throws.</summary>
public sealed class ResponseFuzzTests
{
    private const string Right = """
        {"model":"m","instructions":"i","input":[
          {"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:x","detail":"low"},{"type":"input_file","filename":"f","file_data":"d"}]},
          {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"r"}]},
          {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
          {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"o"}]},
          {"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]},{"type":"refusal","refusal":"n"}]},
          {"type":"item_reference","id":"msg_1"}],
         "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],
         "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]},
         "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},"verbosity":"low"},
         "reasoning":{"effort":"low","summary":"auto"},"include":["message.output_text.logprobs"],"metadata":{"k":"v"},
         "max_output_tokens":5,"temperature":1,"top_p":1,"top_logprobs":2,"parallel_tool_calls":true,"stream":true,"store":true,"background":false,
         "truncation":"auto","previous_response_id":"resp_1","user":"u","stream_options":{"include_obfuscation":false},"seed":1}
        """;

    private static readonly string[] Wrong =
        ["null", "true", "0", "-1", "1e999", "99999999999999999999", "1.5", "\"\"", "\"x\"", "\"\\u0000\"", "[]", "[null]", "[[[]]]", "{}", "{\"type\":\"x\"}", "{\"type\":5}"];

    [Fact]
    public void The_request_is_right_before_it_is_spoilt() => Assert.Null(Run(Right));

    [Fact]
    public void A_spoilt_member_is_the_clients_mistake_or_none() =>
        (from place in Gen.Int[0, 10_000] from wrong in Gen.Int[0, Wrong.Length - 1] select (place, wrong)).Sample(pair =>
        {
            var root = JsonNode.Parse(Right)!;
            var nodes = Below(root).ToList();
            var target = nodes[pair.place % nodes.Count];
            target.ReplaceWith(JsonNode.Parse(Wrong[pair.wrong]));
            CheckFault(Run(root.ToJsonString()));
        }, iter: 3000);

    [Fact]
    public void Broken_bytes_are_the_clients_mistake_or_none() =>
        (from at in Gen.Int[0, Right.Length - 1] from with in Gen.Byte select (at, with)).Sample(pair =>
        {
            var bytes = Encoding.UTF8.GetBytes(Right);
            bytes[pair.at] = pair.with;
            CheckFault(Run(bytes));
            CheckFault(Run(bytes.AsSpan(0, pair.at)));
        }, iter: 2000);

    private static void CheckFault(Fault? fault)
    {
        if (fault is not null)
        {
            Assert.True(fault.Kind is FaultKind.InvalidRequest or FaultKind.NotFound, fault.Message);
            Assert.DoesNotContain("System.", fault.Message, StringComparison.Ordinal);
            Assert.InRange(fault.Message.Length, 10, 600);
        }
    }

    private static IEnumerable<JsonNode> Below(JsonNode node)
    {
        var children = node switch
        {
            JsonObject map => map.Select(pair => pair.Value),
            JsonArray list => list,
            _ => [],
        };
        foreach (var child in children.OfType<JsonNode>())
        {
            yield return child;
            foreach (var deeper in Below(child))
            {
                yield return deeper;
            }
        }
    }

    private static Fault? Run(string json) => Run(Encoding.UTF8.GetBytes(json));

    private static Fault? Run(ReadOnlySpan<byte> json)
    {
        var known = new Dictionary<string, JsonElement> { ["msg_1"] = JsonElement.Parse("""{"id":"msg_1","type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}""") };
        if (!ResponseRequestReader.Read(json).TryGet(out var request, out var fault)
            || !InputItems.Normalise(request.Field("input"), ResponseBench.Id, known).TryGet(out var items, out fault)
            || !ChatBodyWriter.Write(request, items, request.Stream).TryGet(out var body, out fault))
        {
            return fault;
        }

        // What is passed on is JSON, and the response that echoes it as well.
        _ = JsonElement.Parse(body.Bytes.Span);
        _ = JsonElement.Parse(new ResponseState(ResponseBench.Id, request, 1).ToJson());
        return null;
    }
}
