using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>Makes the request that one model gets of the request that several get.</summary>
internal static class MemberRequest
{
    /// <summary>Makes the request.</summary>
    /// <param name="call">What the client asked, and how the member is to be begun.</param>
    /// <param name="member">The model.</param>
    /// <param name="mayQueue">Whether it may wait for a slot.</param>
    public static Outcome<InferenceRequest> Make(MemberCall call, ModelPlan member, bool mayQueue)
    {
        var request = call.Request;
        MemberBody body;
        if (IsJson(request))
        {
            if (member.Overrides?.System is not null && request.Endpoint != InferenceEndpoint.ChatCompletions)
            {
                return Fault.Invalid($"Invalid 'system' of the member '{member.Name}': only chat completions have a system message.", "multimodel.models");
            }

            body = MemberBody.Write(request.Body, member.Name, member.Overrides, call.Stream);
        }
        else if (!MemberForm.Write(request.Body, request.ContentType, member.Name, member.Overrides).TryGet(out body, out var fault))
        {
            return fault;
        }

        return new InferenceRequest
        {
            Id = request.Id,
            Endpoint = request.Endpoint,
            Caller = request.Caller,
            Model = member.Name,
            Body = body.Bytes,
            ContentType = request.ContentType,
            ModelRange = body.Model,
            StreamOptionsRange = body.StreamOptions,
            Stream = call.Stream,
            IncludeUsage = false,
            MaxOutputTokens = request.MaxOutputTokens,
            IsPlainText = request.IsPlainText,
            AdmittedAs = request.Caller.AllowedModels?.Contains(request.Model) == true ? request.Model : null,
            Priority = request.Priority,
            Deadline = request.Deadline,
            PrefixHash = request.PrefixHash,
            TraceParent = request.TraceParent,
            Recorder = request.Recorder,
            Progress = new RequestProgress(call.Progress),
            Siblings = call.Siblings,
            MayQueue = mayQueue,
        };
    }

    /// <summary>Whether the body is a JSON object, so that its fields can be left out and added.</summary>
    public static bool IsJson(InferenceRequest request) => !FormReader.IsForm(request.ContentType);
}
