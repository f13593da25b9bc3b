namespace Resultity.Gateway.Responses;

/// <summary>One event of a streamed response.</summary>
/// <param name="Sequence">Its <c>sequence_number</c>, from 0.</param>
/// <param name="Type">Its type, such as <c>response.output_text.delta</c>; also the SSE event's name.</param>
/// <param name="Data">Its JSON. Valid until the buffer that holds it is cleared.</param>
internal readonly record struct ResponseEvent(int Sequence, string Type, ReadOnlyMemory<byte> Data);
