using System.Globalization;
using System.Text.Json;
using Resultity.Onnx.Text;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>What chat and text completions have in common: how many answers, how they are chosen, where they stop, how they are sent.</summary>
internal sealed record GenerationSettings
{
    private const int MaxStops = 4;

    public required int Count { get; init; }
    public required SamplingOptions Sampling { get; init; }
    public required IReadOnlyList<string> Stops { get; init; }
    public required bool Stream { get; init; }
    public required bool StreamUsage { get; init; }
    public required bool IgnoreEnd { get; init; }

    public static GenerationSettings Read(RequestFields fields, int vocabulary)
    {
        var stream = fields.Flag("stream");
        var options = fields.Object("stream_options");
        if (options is not null && !stream) throw new InvalidRequestException("'stream_options' is allowed only with 'stream': true.", "stream_options");
        return new GenerationSettings
        {
            Count = (int)(fields.Integer("n", 1, 128) ?? 1),
            Sampling = new SamplingOptions
            {
                Temperature = (float)(fields.Number("temperature", 0, 2) ?? 1),
                TopP = (float)(fields.Number("top_p", 0, 1) ?? 1),
                // -1 is what vLLM's clients write for "all".
                TopK = (int)Math.Max(0, fields.Integer("top_k", -1, int.MaxValue) ?? 0),
                MinP = (float)(fields.Number("min_p", 0, 1) ?? 0),
                FrequencyPenalty = (float)(fields.Number("frequency_penalty", -2, 2) ?? 0),
                PresencePenalty = (float)(fields.Number("presence_penalty", -2, 2) ?? 0),
                RepetitionPenalty = (float)(fields.Number("repetition_penalty", 0.01, 100) ?? 1),
                LogitBias = ReadBias(fields, vocabulary),
                Seed = fields.Integer("seed", long.MinValue, long.MaxValue),
            },
            Stops = ReadStops(fields),
            Stream = stream,
            StreamUsage = options?.Flag("include_usage") ?? false,
            IgnoreEnd = fields.Flag("ignore_eos"),
        };
    }

    /// <summary>The sampling of one of several answers: with a seed, each has its own.</summary>
    public SamplingOptions SamplingOf(int index) => Sampling.Seed is { } seed && index > 0 ? Sampling with { Seed = unchecked(seed + index) } : Sampling;

    private static List<string> ReadStops(RequestFields fields)
    {
        if (fields.Member("stop") is not { } stop) return [];
        if (stop.ValueKind == JsonValueKind.String) return [fields.RequiredText("stop")];
        if (stop.ValueKind != JsonValueKind.Array) throw RequestFields.Wrong("stop", "a string or an array of strings", stop);
        var result = new List<string>();
        foreach (var item in fields.List("stop", MaxStops)!)
        {
            var path = $"stop[{result.Count}]";
            result.Add(item.ValueKind == JsonValueKind.String ? RequestFields.ReadText(item, path) : throw RequestFields.Wrong(path, "a string", item));
        }
        return result;
    }

    private static Dictionary<int, float>? ReadBias(RequestFields fields, int vocabulary)
    {
        if (fields.Object("logit_bias") is not { } bias) return null;
        var result = new Dictionary<int, float>();
        foreach (var member in bias.Element.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token) || token >= vocabulary)
                throw new InvalidRequestException($"'{RequestFields.Shortened(member.Name)}' in 'logit_bias' is no token id; ids are 0 to {vocabulary - 1}.", "logit_bias");
            if (bias.Number(member.Name, -100, 100) is { } value) result[token] = (float)value;
        }
        return result.Count == 0 ? null : result;
    }
}
