using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.WhisperCpp;
using Resultity.TestKit.Speech;

namespace Resultity.Node.Tests.Runtimes.WhisperCpp;

public sealed class WhisperFactsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-facts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_header_tells_languages_and_what_it_serves()
    {
        using var english = new ScriptedWhisper("Hello.", language: null);
        using var many = new ScriptedWhisper("Hello.", language: "de");
        Assert.Equal(["en"], WhisperFacts.Read(english.Path).Languages);
        Assert.Contains("de", WhisperFacts.Read(many.Path).Languages);
        Assert.DoesNotContain("yue", WhisperFacts.Read(many.Path).Languages);
        Assert.Equal(["/v1/audio/transcriptions"], new WhisperCppModel(english.Path, "x").Describe().Endpoints);
        Assert.Equal(["/v1/audio/transcriptions", "/v1/audio/translations"], new WhisperCppModel(many.Path, "x").Describe().Endpoints);
    }

    [Fact]
    public void A_folder_serves_each_of_its_models_by_its_name_and_nothing_else()
    {
        using var model = new ScriptedWhisper("Hello.", language: null);
        File.Copy(model.Path, Path.Combine(_folder, "ggml-base.en.bin"));
        File.Copy(model.Path, Path.Combine(_folder, "mine.bin"));
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "not a model");
        Assert.Equal(["whisper-base.en", "mine"], WhisperCppModel.Find(_folder).Select(static found => found.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GGUF, which is another format altogether, longer than a header is.")]
    public void What_is_no_model_is_refused_in_words(string content)
    {
        var path = Path.Combine(_folder, "ggml-wrong.bin");
        File.WriteAllText(path, content);
        var error = Assert.Throws<RuntimeStartException>(() => new WhisperCppModel(path, "x").Describe());
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Throws<RuntimeStartException>(() => WhisperCppModel.Find(_folder));
    }

    [Fact]
    public void A_header_that_does_not_hold_together_is_refused()
    {
        using var model = new ScriptedWhisper("Hello.");
        var bytes = File.ReadAllBytes(model.Path);
        bytes[7] = 0x7F;
        var path = Path.Combine(_folder, "ggml-huge.bin");
        File.WriteAllBytes(path, bytes);
        Assert.Throws<InvalidDataException>(() => WhisperFacts.Read(path));
    }
}
