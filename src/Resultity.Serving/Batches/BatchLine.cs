using System.Text.Json;

namespace Resultity.Serving.Batches;

/// <summary>One line of a batch's input, taken apart: the body stays where it is.</summary>
/// <param name="CustomId">The client's name for it.</param>
/// <param name="Method">The HTTP method, if it names one.</param>
/// <param name="Url">The path, if it names one.</param>
/// <param name="Model">The body's model, if it names one.</param>
/// <param name="Stream">Whether the body asks for a stream.</param>
/// <param name="BodyStart">Where the body begins in the line.</param>
/// <param name="BodyLength">How long the body is.</param>
internal readonly record struct BatchLine(string CustomId, string? Method, string? Url, string? Model, bool Stream, int BodyStart, int BodyLength)
{
    /// <summary>The longest name that a client may give a line, in UTF-16 units.</summary>
    public const int LongestCustomId = 512;

    private const int MaxDepth = 66;

    /// <summary>Takes a line apart.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="number">The line's number, for the error.</param>
    /// <param name="parsed">Its parts.</param>
    /// <returns>What is wrong with it; <see langword="null"/> if nothing is.</returns>
    public static BatchError? Parse(ReadOnlySpan<byte> line, int number, out BatchLine parsed)
    {
        parsed = default;
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new BatchError("invalid_json_line", "This line is not a JSON object. Expected an object with 'custom_id', 'method', 'url' and 'body'.", number);
            }

            return new Parts().Read(ref reader, number, out parsed);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new BatchError("invalid_json_line", "This line is not valid JSON. Each line must be one JSON object, without line breaks in it.", number);
        }
    }

    private ref struct Parts()
    {
        private string? _customId;
        private string? _method;
        private string? _url;
        private string? _model;
        private bool _stream;
        private int _bodyStart = -1;
        private int _bodyLength;

        public BatchError? Read(ref Utf8JsonReader reader, int number, out BatchLine parsed)
        {
            parsed = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                var isNew = name switch
                {
                    "custom_id" => Take(ref reader, ref _customId),
                    "method" => Take(ref reader, ref _method),
                    "url" => Take(ref reader, ref _url),
                    "body" => TakeBody(ref reader),
                    _ => Skip(ref reader),
                };
                if (!isNew)
                {
                    return new BatchError("invalid_value", $"Invalid '{name}': expected {(name == "body" ? "an object" : "a string")}, given once.", number, name);
                }
            }

            // Throws if anything but white space follows.
            reader.Read();
            if (Missing(number) is { } missing)
            {
                return missing;
            }

            parsed = new BatchLine(_customId!, _method, _url, _model, _stream, _bodyStart, _bodyLength);
            return null;
        }

        private readonly BatchError? Missing(int number)
        {
            if (_customId is null)
            {
                return new BatchError("missing_required_parameter", "Missing required parameter: 'custom_id'. Give each line a name of its own.", number, "custom_id");
            }

            if (_customId.Length is 0 or > LongestCustomId)
            {
                return new BatchError("invalid_value", $"Invalid 'custom_id': expected 1 to {LongestCustomId} characters.", number, "custom_id");
            }

            return _bodyStart < 0
                ? new BatchError("missing_required_parameter", "Missing required parameter: 'body'. Expected the object that would be sent to the endpoint.", number, "body")
                : null;
        }

        private static bool Take(ref Utf8JsonReader reader, ref string? value)
        {
            if (reader.TokenType != JsonTokenType.String || value is not null)
            {
                return false;
            }

            value = reader.GetString();
            return true;
        }

        private bool TakeBody(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject || _bodyStart >= 0)
            {
                return false;
            }

            _bodyStart = (int)reader.TokenStartIndex;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = reader.ValueTextEquals("model"u8);
                var isStream = reader.ValueTextEquals("stream"u8);
                reader.Read();
                if (isModel && reader.TokenType == JsonTokenType.String)
                {
                    _model = reader.GetString();
                }
                else if (isStream)
                {
                    _stream = reader.TokenType == JsonTokenType.True;
                }

                reader.Skip();
            }

            _bodyLength = (int)reader.BytesConsumed - _bodyStart;
            return true;
        }

        private static bool Skip(ref Utf8JsonReader reader)
        {
            reader.Skip();
            return true;
        }
    }
}
