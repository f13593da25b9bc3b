using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>The rule between <c>stream</c> and <c>stream_options</c>.</summary>
internal static class StreamRule
{
    public static bool Check(ref Scan scan)
    {
        if (!scan.Captures.Get(Slot.StreamOptions).HasValue || scan.Captures.Get(Slot.Stream).IsTrue)
        {
            return true;
        }

        scan.Fail("invalid_parameter_combination", "Invalid ", ": it is only allowed when 'stream' is true.");
        return scan.Within("stream_options");
    }
}
