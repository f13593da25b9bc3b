namespace Resultity.Node.Runtimes.Onnx.Generating;

internal enum AnswerPartKind
{
    /// <summary>More of the answer's text.</summary>
    Text,

    /// <summary>A tool call begins; the text is the function's name.</summary>
    CallStart,

    /// <summary>More of the current call's arguments.</summary>
    CallArguments,
}

/// <summary>A piece of an answer, ready to be sent.</summary>
internal readonly record struct AnswerPart(AnswerPartKind Kind, string Text);
