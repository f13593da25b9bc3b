namespace Resultity.Link.Frames;

internal enum FrameType : byte
{
    Open = 1,
    Head = 2,
    Data = 3,
    End = 4,
    Reset = 5,
    Window = 6,
    Ping = 7,
    Pong = 8,
    GoAway = 9,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>The sender's direction ends with this frame (OPEN, HEAD, DATA).</summary>
    End = 1,
}
