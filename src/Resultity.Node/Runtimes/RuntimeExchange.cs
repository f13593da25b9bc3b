using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;

namespace Resultity.Node.Runtimes;

/// <summary>One request in OpenAI's shape and the way to answer it: whole with <see cref="RespondAsync"/>, or begun, written and completed.</summary>
/// <remarks>For one writer. Memory that is passed in is the caller's again when the call has ended.</remarks>
public abstract class RuntimeExchange
{
    private FormPart[]? _form;

    /// <summary>The client-visible identifier of the request, for logs.</summary>
    public abstract string RequestId { get; }

    /// <summary>What is asked for, such as <c>/v1/chat/completions</c>.</summary>
    public abstract string Path { get; }

    /// <summary>The model's name on this node.</summary>
    public abstract string Model { get; }

    /// <summary>The body's content type.</summary>
    public abstract string ContentType { get; }

    /// <summary>The whole body; valid until the request was served.</summary>
    public abstract ReadOnlyMemory<byte> Body { get; }

    /// <summary>Whether the body is a form (<c>multipart/form-data</c>).</summary>
    public bool IsForm => FormReader.IsForm(ContentType);

    /// <summary>The parts of a body that is a form, read at the first call; their contents are memory of <see cref="Body"/>.</summary>
    /// <returns>The parts, or why the body is no form.</returns>
    public Outcome<FormPart[]> ReadForm()
    {
        if (_form is null)
        {
            if (!FormReader.Read(Body.Span, ContentType).TryGet(out var parts, out var fault))
                return fault;
            _form = parts;
        }
        return _form;
    }

    /// <summary>What the answer used, for answers that do not say it themselves, such as sound. Set before the answer's end.</summary>
    public Usage? Usage { get; set; }

    /// <summary>W3C trace context of the caller, if there is one.</summary>
    public abstract string? TraceParent { get; }

    /// <summary>True once an answer has begun; from then on a failure can't be told by a status.</summary>
    public abstract bool Started { get; }

    /// <summary>Answers whole.</summary>
    public abstract ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation);

    /// <summary>Begins an answer whose body follows.</summary>
    public abstract ValueTask StartAsync(int status, string contentType, CancellationToken cancellation);

    /// <summary>Sends a piece of the body at once; waits while the reader is behind.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation);

    /// <summary>Ends a begun answer: it is whole.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellation);
}
