namespace Resultity.Onnx.Speech.Decoding;

/// <summary>Finds when words were said: along the cheapest path through what the alignment heads looked at, or, without them, by their lengths.</summary>
internal static class WordAligner
{
    private const int MedianWidth = 7;

    /// <summary>The second of the piece at which each token of the passage, and its end, begins to be said.</summary>
    public static double[] Times(Passage passage, WhisperTokens tokens, int positions)
    {
        var rows = Enumerable.Range(0, passage.Looks.Count).Where(i => i == passage.Tokens.Count || tokens.IsText(passage.Tokens[i])).ToArray();
        positions = Math.Clamp(positions, 1, passage.Looks[0].Length);
        var begins = Path(Sharpen([.. rows.Select(row => passage.Looks[row].AsSpan(0, positions).ToArray())], positions), positions);
        var times = new double[passage.Tokens.Count + 1];
        var (next, time) = (0, 0.0);
        for (var i = 0; i < times.Length; i++)
        {
            if (next < rows.Length && rows[next] == i) time = begins[next++] * WhisperConfig.StepSeconds;
            times[i] = time;
        }
        return times;
    }

    /// <summary>Words with the times of their tokens, held within their segment and in order.</summary>
    /// <param name="words">Of a segment.</param>
    /// <param name="times">Of the whole passage's tokens.</param>
    /// <param name="from">Index of the segment's first token in the passage.</param>
    /// <param name="offset">Second of the whole sound at which the piece begins.</param>
    /// <param name="start">Of the segment, in its piece.</param>
    /// <param name="end">Of the segment, in its piece.</param>
    public static List<TranscriptWord> Place(List<WordPiece> words, double[] times, int from, double offset, double start, double end)
    {
        var placed = new List<TranscriptWord>(words.Count);
        var least = start;
        for (var i = 0; i < words.Count; i++)
        {
            var begin = Math.Clamp(times[from + words[i].First], least, Math.Max(least, end));
            var stop = i + 1 < words.Count ? times[from + words[i + 1].First] : end;
            stop = Math.Clamp(stop, begin, Math.Max(begin, end));
            placed.Add(new TranscriptWord(words[i].Text, offset + begin, offset + stop));
            least = stop;
        }
        return placed;
    }

    /// <summary>Words spread over their segment in proportion to their lengths.</summary>
    public static List<TranscriptWord> Spread(List<WordPiece> words, double start, double end)
    {
        var letters = Math.Max(1, words.Sum(static word => word.Text.Length));
        var spread = new List<TranscriptWord>(words.Count);
        var before = 0;
        foreach (var word in words)
        {
            var begin = start + ((end - start) * before / letters);
            before += word.Text.Length;
            spread.Add(new TranscriptWord(word.Text, begin, start + ((end - start) * before / letters)));
        }
        return spread;
    }

    /// <summary>How much more than other tokens each looks at a position, without single outliers.</summary>
    private static float[][] Sharpen(float[][] looks, int positions)
    {
        for (var at = 0; at < positions; at++)
        {
            var mean = looks.Average(row => row[at]);
            var deviation = MathF.Sqrt(looks.Average(row => (row[at] - mean) * (row[at] - mean))) + 1e-6f;
            foreach (var row in looks) row[at] = (row[at] - mean) / deviation;
        }
        var sharp = new float[looks.Length][];
        var window = new float[MedianWidth];
        for (var i = 0; i < looks.Length; i++)
        {
            sharp[i] = new float[positions];
            for (var at = 0; at < positions; at++)
            {
                for (var k = 0; k < MedianWidth; k++) window[k] = looks[i][Math.Clamp(at + k - (MedianWidth / 2), 0, positions - 1)];
                Array.Sort(window);
                sharp[i][at] = window[MedianWidth / 2];
            }
        }
        return sharp;
    }

    /// <summary>Dynamic time warping; the position at which the path enters each row.</summary>
    private static int[] Path(float[][] gains, int positions)
    {
        var cost = new float[gains.Length + 1, positions + 1];
        var steps = new byte[gains.Length + 1, positions + 1];
        for (var i = 0; i <= gains.Length; i++)
            for (var j = 0; j <= positions; j++)
                if (i == 0 || j == 0) cost[i, j] = i == j ? 0 : float.PositiveInfinity;
        for (var i = 1; i <= gains.Length; i++)
            for (var j = 1; j <= positions; j++)
            {
                var (both, token, position) = (cost[i - 1, j - 1], cost[i - 1, j], cost[i, j - 1]);
                steps[i, j] = both < token && both < position ? (byte)0 : token < both && token < position ? (byte)1 : (byte)2;
                cost[i, j] = Math.Min(both, Math.Min(token, position)) - gains[i - 1][j - 1];
            }
        var begins = new int[gains.Length];
        for (var (i, j) = (gains.Length, positions); i > 0 && j > 0;)
        {
            begins[i - 1] = j - 1;
            var step = steps[i, j];
            if (step != 1) j--;
            if (step != 2) i--;
        }
        return begins;
    }
}
