namespace Resultity.Node.Runtimes.Onnx.Videos;

/// <summary>Makes one sentence of what single frames show and how the thing in them moves.</summary>
internal static class VideoText
{
    // The longer ones first: "in the top left" holds no other, but "on the left" must not be cut out of it.
    private static readonly string[] Places =
        ["in the top left", "in the top right", "in the bottom left", "in the bottom right", "in the center", "in the middle", "on the left", "on the right", "at the top", "at the bottom"];

    private static readonly string[] Sizes = ["small ", "large "];

    /// <summary>The sentence.</summary>
    /// <param name="captions">What the frames show, in their order.</param>
    /// <param name="motion">How the thing moves; empty or <see langword="null"/> for not at all.</param>
    public static string Of(IReadOnlyList<string> captions, string? motion)
    {
        if (string.IsNullOrEmpty(motion)) return Joined(captions);

        // Where a moving thing stands in one frame, and how large a growing one is, is not what the video shows.
        var changes = motion.Contains("grow", StringComparison.Ordinal) || motion.Contains("shrink", StringComparison.Ordinal);
        var scenes = captions.Select(caption => Placed(caption, changes)).ToList();
        var most = scenes.GroupBy(static scene => scene, StringComparer.OrdinalIgnoreCase).MaxBy(static group => group.Count())!;
        if (most.Count() * 2 >= scenes.Count) return most.Key.Replace("{}", motion, StringComparison.Ordinal);
        return Joined([.. scenes.Select(scene => scene.Replace(" {}", "", StringComparison.Ordinal).Replace(", {}", "", StringComparison.Ordinal))]) + ", " + motion;
    }

    /// <summary>A caption with a mark where the movement is to be said.</summary>
    private static string Placed(string caption, bool sizeChanges)
    {
        var text = caption.Trim().TrimEnd('.');
        if (sizeChanges)
        {
            foreach (var size in Sizes) text = text.Replace(size, "", StringComparison.Ordinal);
        }

        foreach (var place in Places)
        {
            if (text.IndexOf(place, StringComparison.OrdinalIgnoreCase) is >= 0 and var at) return string.Concat(text.AsSpan(0, at), "{}", text.AsSpan(at + place.Length));
        }

        return text.IndexOf(" on a ", StringComparison.OrdinalIgnoreCase) is > 0 and var background ? text.Insert(background, " {}") : text + ", {}";
    }

    /// <summary>Scenes one after the other, without repetitions.</summary>
    private static string Joined(IReadOnlyList<string> captions)
    {
        var most = captions.GroupBy(static caption => caption, StringComparer.OrdinalIgnoreCase).MaxBy(static group => group.Count())!;
        if (most.Count() * 2 > captions.Count) return most.Key;
        var scenes = captions.Where((caption, at) => at == 0 || !caption.Equals(captions[at - 1], StringComparison.OrdinalIgnoreCase));
        return string.Join("; then ", scenes.Select(static scene => scene.TrimEnd('.')));
    }
}
