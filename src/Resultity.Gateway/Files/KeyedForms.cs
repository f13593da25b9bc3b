using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Files;

/// <summary>Makes what a form with a file asks for once, if the form comes under an idempotency key.</summary>
/// <remarks>The file is stored before it is known whether it came before: only its digest can tell. A copy is discarded.</remarks>
internal sealed class KeyedForms(IdempotentRequests idempotency, FileLibrary library)
{
    /// <summary>Answers a form.</summary>
    /// <param name="context">The request.</param>
    /// <param name="form">The form, whose bytes are stored.</param>
    /// <param name="make">Makes what is asked for of the bytes, or discards them, and answers.</param>
    public async Task RunAsync(HttpContext context, FileForm form, Func<Task> make)
    {
        if (!IdempotentRequests.IsAskedBy(context.Request))
        {
            await make();
            return;
        }

        var isMade = false;
        try
        {
            await idempotency.RunAsync(context, form.Digest, _ =>
            {
                isMade = true;
                return make();
            });
        }
        finally
        {
            if (!isMade)
            {
                await library.DiscardAsync(form.Blob!);
            }
        }
    }
}
