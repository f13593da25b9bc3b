using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>The rule that a request names a model, or several.</summary>
internal static class ModelRule
{
    public static bool Check(ref Scan scan)
    {
        ref var captures = ref scan.Captures;
        if (captures.Get(Slot.Model).HasValue || captures.Get(Slot.Models).HasValue || captures.Get(Slot.Multimodel).HasValue)
        {
            return true;
        }

        scan.Fail("missing_required_parameter", "Missing required parameter: ", ".");
        return scan.Within("model");
    }
}
