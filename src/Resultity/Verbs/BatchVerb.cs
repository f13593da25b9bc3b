using Resultity.Cli;
using Resultity.Verbs.Batches;

namespace Resultity.Verbs;

/// <summary><c>resultity batch</c>: many requests in one file.</summary>
internal sealed class BatchVerb : Verb
{
    public BatchVerb(Terminal terminal)
        : base(terminal, "batch", "Run many requests from a file, watch them, fetch their results, and run the failed ones again.")
    {
        Add(new BatchSubmitVerb(terminal));
        Add(new BatchListVerb(terminal));
        Add(new BatchShowVerb(terminal));
        Add(new BatchWatchVerb(terminal));
        Add(new BatchResultsVerb(terminal));
        Add(new BatchRetryVerb(terminal));
        Add(new BatchCancelVerb(terminal));
        Examples =
        [
            ("id=$(resultity batch submit requests.jsonl)", "uploads the file and prints the batch's id"),
            ("resultity batch watch $id && resultity batch results $id --output results.jsonl", "waits with a bar, then fetches the answers"),
            ("resultity batch retry $id --wait", "runs only the failed requests again"),
        ];
    }
}
