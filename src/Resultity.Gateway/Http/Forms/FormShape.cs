using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.Forms;

/// <summary>A field of a form that holds files.</summary>
/// <param name="Name">The field's name, without <c>[]</c>.</param>
/// <param name="MaxBytes">The largest file.</param>
internal sealed record FileField(string Name, int MaxBytes)
{
    /// <summary>Whether at least one file has to be there.</summary>
    public bool Required { get; init; }

    /// <summary>The most files.</summary>
    public int MaxCount { get; init; } = 1;

    /// <summary>What the file is, for the published schema.</summary>
    public string? Description { get; init; }
}

/// <summary>
/// A body as <c>multipart/form-data</c>: the fields that the JSON body has, written as text, and files. One declaration of the fields serves both
/// ways; a field that is a file in the form is left out of its text fields.
/// </summary>
internal sealed class FormShape
{
    public FormShape(ObjectShape json, int maxBytes, params FileField[] files)
    {
        (MaxBytes, Files) = (maxBytes, files);
        bool IsText(string name) => !Array.Exists(files, file => file.Name == name);
        Text = new ObjectShape([.. json.Fields.Where(field => IsText(field.Name)).Select(static field => new Field(field.Name, field.Shape) { Required = field.Required, Slot = field.Slot })])
        {
            OneOf = json.OneOf.All(IsText) ? json.OneOf : [],
        };
    }

    /// <summary>The largest whole body, in bytes.</summary>
    public int MaxBytes { get; }

    /// <summary>The text fields.</summary>
    public ObjectShape Text { get; }

    /// <summary>The files.</summary>
    public IReadOnlyList<FileField> Files { get; }
}
