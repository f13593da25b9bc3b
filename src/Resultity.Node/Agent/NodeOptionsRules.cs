using Microsoft.Extensions.Options;

namespace Resultity.Node.Agent;

/// <summary>What <see cref="NodeOptions"/> may hold.</summary>
internal sealed class NodeOptionsRules : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var wrong = new List<string>();
        if (options.Gateway is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            wrong.Add($"The gateway's URL is '{options.Gateway}'; it must be an absolute http or https URL.");
        if (string.IsNullOrWhiteSpace(options.Folder))
            wrong.Add("The node's data folder is not set.");
        if (options.Name.Length is 0 or > 64 || options.Name.Any(char.IsControl))
            wrong.Add($"The node's name is '{options.Name}'; it must have 1 to 64 characters.");
        if (options.Region is { } region && (region.Length is 0 or > 64 || region.Any(char.IsControl)))
            wrong.Add($"The node's region is '{region}'; it must have 1 to 64 characters.");
        if (options.Subclouds.Count > 16 || options.Subclouds.Any(static name => name.Length is 0 or > 40 || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
            wrong.Add($"The subclouds are '{string.Join(", ", options.Subclouds)}'; at most 16 names of lower-case letters, digits and hyphens can be given.");
        if (options.Links is < 1 or > 16)
            wrong.Add($"The number of links is {options.Links}; it must be 1 to 16.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
