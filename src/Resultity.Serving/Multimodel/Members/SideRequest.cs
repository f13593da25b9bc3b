using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>Makes a request that serves the decision about another: a judge's, or one for vectors.</summary>
internal static class SideRequest
{
    /// <summary>Makes the request, for the same caller and until the same deadline.</summary>
    /// <param name="request">The call's.</param>
    /// <param name="endpoint">What is to be computed.</param>
    /// <param name="model">By which model.</param>
    /// <param name="body">A JSON object without the model.</param>
    /// <param name="stream">Whether the answer is wanted as events; the body says so too.</param>
    public static InferenceRequest Make(InferenceRequest request, InferenceEndpoint endpoint, string model, ReadOnlyMemory<byte> body, bool stream)
    {
        var written = MemberBody.Write(body, model, null, stream);
        return new InferenceRequest
        {
            Id = request.Id,
            Endpoint = endpoint,
            Caller = request.Caller,
            Model = model,
            Body = written.Bytes,
            ModelRange = written.Model,
            StreamOptionsRange = written.StreamOptions,
            Stream = stream,
            IsPlainText = endpoint == InferenceEndpoint.ChatCompletions,
            AdmittedAs = request.Caller.AllowedModels?.Contains(request.Model) == true ? request.Model : null,
            Priority = request.Priority,
            Deadline = request.Deadline,
            TraceParent = request.TraceParent,
            Recorder = request.Recorder,
            Progress = new RequestProgress(request.Progress),
        };
    }
}
