using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>The headers that say who served an answer.</summary>
internal static class AnswerHeaders
{
    public static void Write(HttpResponse response, InferenceRequest request, InferenceAnswer stream)
    {
        var headers = response.Headers;
        headers[HeaderNames.Node] = stream.NodeId;
        headers[HeaderNames.Model] = stream.Model;

        // Small integers have cached strings.
        headers[HeaderNames.Attempts] = request.Progress.Attempts.Count.ToString(CultureInfo.InvariantCulture);
    }
}
