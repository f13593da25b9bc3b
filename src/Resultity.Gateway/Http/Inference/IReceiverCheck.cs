using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Reads the receiver that a request names itself (<c>Resultity-Webhook: https://…</c>).</summary>
internal interface IReceiverCheck
{
    /// <summary>The receiver's address, <see langword="null"/> if the request names none, or why events cannot be sent there.</summary>
    ValueTask<Outcome<string?>> ReadAsync(HttpContext context);
}
