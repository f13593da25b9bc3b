using Microsoft.ML.OnnxRuntime;

namespace Resultity.Onnx.Text.Loading;

/// <summary>Opens sessions of ONNX Runtime in the one way that suits generation.</summary>
internal static class Sessions
{
    private const long SmallModel = 64L << 20;

    /// <summary>Opens the graph in a file.</summary>
    public static InferenceSession Open(string path, int threads, bool spinning)
    {
        using var options = Options(threads > 0 ? threads : DefaultThreads(path), spinning);
        return new InferenceSession(path, options);
    }

    /// <summary>Opens a rewritten graph; weights that the original keeps in files of their own are looked for beside it.</summary>
    public static InferenceSession Open(byte[] model, string original, int threads, bool spinning)
    {
        using var options = Options(threads > 0 ? threads : DefaultThreads(original), spinning);
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(original)!);
        return new InferenceSession(model, options);
    }

    /// <summary>Waking a second thread costs about what it saves in a step of a small model; measured in bench/results.</summary>
    public static int DefaultThreads(string path) => new FileInfo(path).Length < SmallModel && !File.Exists(path + "_data") ? 1 : Environment.ProcessorCount;

    public static SessionOptions Options(int threads, bool spinning)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            // What fails is thrown as an exception too; the runtime's own log goes to standard error.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            // Patterns are kept per shape, and each step has another one.
            EnableMemoryPattern = false,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
        return options;
    }
}
