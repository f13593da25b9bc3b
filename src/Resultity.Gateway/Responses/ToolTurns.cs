using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Checks that function calls and their outputs belong together; models go wrong, and servers refuse, where they do not.</summary>
internal static class ToolTurns
{
    /// <summary>Matches calls and outputs.</summary>
    /// <returns>The calls to leave out: ones that a limit cut short, which nobody could answer.</returns>
    public static Outcome<IReadOnlySet<string>> Match(IReadOnlyList<JsonElement> conversation)
    {
        var open = new Dictionary<string, bool>(StringComparer.Ordinal);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in conversation)
        {
            var callId = item.Text("call_id") ?? "";
            switch (item.Text("type"))
            {
                case "function_call":
                    known.Add(callId);
                    open[callId] = item.Text("status") == "incomplete";
                    break;
                case "function_call_output" when !known.Contains(callId):
                    return Fault.Invalid($"No tool call found for function call output with call_id {FieldReader.Shorten(callId)}.", "input");
                case "function_call_output":
                    open.Remove(callId);
                    break;
            }
        }

        var skipped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (callId, wasCut) in open)
        {
            if (!wasCut)
            {
                return Fault.Invalid($"No tool output found for function call {FieldReader.Shorten(callId)}.", "input");
            }

            skipped.Add(callId);
        }

        return skipped;
    }
}
