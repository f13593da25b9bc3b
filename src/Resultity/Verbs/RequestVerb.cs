using Resultity.Cli;
using Resultity.Verbs.Requests;

namespace Resultity.Verbs;

/// <summary><c>resultity request</c>: durable requests, fetched later (the polling API).</summary>
internal sealed class RequestVerb : Verb
{
    public RequestVerb(Terminal terminal)
        : base(terminal, "request", "Submit requests that outlive the connection, and fetch their results later.")
    {
        Add(new RequestSubmitVerb(terminal));
        Add(new RequestListVerb(terminal));
        Add(new RequestStatusVerb(terminal));
        Add(new RequestWaitVerb(terminal));
        Add(new RequestResultVerb(terminal));
        Add(new RequestCancelVerb(terminal));
        Examples =
        [
            ("id=$(resultity request submit --prompt \"Tell me a story\")", "prints the request's id at once"),
            ("resultity request wait $id && resultity request result $id", "waits with a bar, then prints the answer"),
        ];
    }
}
