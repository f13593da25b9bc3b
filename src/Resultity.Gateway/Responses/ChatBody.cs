using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses;

/// <summary>A chat completion request that was made of a response request.</summary>
/// <param name="Bytes">The JSON.</param>
/// <param name="Model">Where the model's name stands in it, quotes included.</param>
/// <param name="StreamOptions">Where the value of <c>stream_options</c> stands in it.</param>
internal sealed record ChatBody(ReadOnlyMemory<byte> Bytes, ByteRange Model, ByteRange StreamOptions);
