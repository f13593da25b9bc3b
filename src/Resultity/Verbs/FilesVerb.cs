using Resultity.Cli;
using Resultity.Verbs.Files;

namespace Resultity.Verbs;

/// <summary><c>resultity files</c>: files kept at the gateway.</summary>
internal sealed class FilesVerb : Verb
{
    public FilesVerb(Terminal terminal)
        : base(terminal, "files", "Upload, list, download and delete files kept at the gateway.")
    {
        Add(new FileUploadVerb(terminal));
        Add(new FileListVerb(terminal));
        Add(new FileShowVerb(terminal));
        Add(new FileContentVerb(terminal));
        Add(new FileDeleteVerb(terminal));
        Examples =
        [
            ("resultity files upload requests.jsonl --purpose batch", "prints the file's id"),
            ("resultity files content file-… --output results.jsonl", "goes on where an earlier download stopped"),
        ];
    }
}
