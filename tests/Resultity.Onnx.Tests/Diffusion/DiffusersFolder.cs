using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.Onnx.Tests.Diffusion;

/// <summary>A folder in the layout of diffusers' ONNX exports, with the names, inputs and shapes of Stable Diffusion 1.5, 2.1 or XL and few random weights.</summary>
internal sealed class DiffusersFolder : IDisposable
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";
    private const int Vocabulary = 514;

    public string Path { get; } = Directory.CreateTempSubdirectory("resultity-diffusers-").FullName;

    public static DiffusersFolder Sd15(string prediction = "epsilon") => Make(prediction, wide: false, 768, 64, "PNDMScheduler", TensorElementType.Int64);

    public static DiffusersFolder Sd21() => Make("v_prediction", wide: false, 1024, 96, "DDIMScheduler", TensorElementType.Float);

    public static DiffusersFolder Sdxl() => Make("epsilon", wide: true, 768, 128, "EulerDiscreteScheduler", TensorElementType.Float);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static DiffusersFolder Make(string prediction, bool wide, int width, int sample, string scheduler, TensorElementType time)
    {
        var folder = new DiffusersFolder();
        folder.Write("model_index.json", new { _class_name = wide ? "StableDiffusionXLPipeline" : "OnnxStableDiffusionPipeline", force_zeros_for_empty_prompt = wide });
        folder.Write("scheduler/scheduler_config.json", new
        {
            _class_name = scheduler,
            beta_start = 0.00085,
            beta_end = 0.012,
            beta_schedule = "scaled_linear",
            num_train_timesteps = 1000,
            prediction_type = prediction,
            set_alpha_to_one = false,
            steps_offset = 1,
            timestep_spacing = "leading",
        });
        folder.Tokenizer("tokenizer", End);
        folder.Text("text_encoder", width, hiddenStates: wide ? 13 : 0, pooled: wide ? null : "pooler_output");
        if (wide)
        {
            folder.Tokenizer("tokenizer_2", "!");
            folder.Text("text_encoder_2", 1280, hiddenStates: 33, pooled: "text_embeds");
        }

        folder.Write("unet/config.json", new { sample_size = sample, in_channels = 4, out_channels = 4, block_out_channels = wide ? new[] { 320, 640, 1280 } : [320, 640, 1280, 1280] });
        folder.UNet(wide ? 2048 : width, wide, time);
        foreach (var part in (string[])["vae_decoder", "vae_encoder"])
            folder.Write($"{part}/config.json", new { latent_channels = 4, scaling_factor = wide ? 0.13025 : 0.18215, block_out_channels = new[] { 128, 256, 512, 512 } });
        new GraphWriter(5).Input("latent_sample", TensorElementType.Float, "batch", 4, "height", "width").Output("sample", "batch", 3, "h8", "w8").Weights("w", 4, 3, 8, 8)
            .Node("ConvTranspose", ["latent_sample", "w"], "sample", ("strides", [8, 8]), ("kernel_shape", [8, 8])).Save(folder.File("vae_decoder/model.onnx"));
        new GraphWriter(6).Input("sample", TensorElementType.Float, "batch", 3, "height", "width").Output("latent_sample", "batch", 4, "h8", "w8").Weights("w", 4, 3, 8, 8)
            .Node("Conv", ["sample", "w"], "latent_sample", ("strides", [8, 8]), ("kernel_shape", [8, 8])).Save(folder.File("vae_encoder/model.onnx"));
        return folder;
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);

    private void Write(string name, object value)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), JsonSerializer.Serialize(value));
    }

    /// <summary>The older pair of files: every byte as a token, alone and at a word's end.</summary>
    private void Tokenizer(string part, string pad)
    {
        var bytes = Enumerable.Range('!', 94).Concat(Enumerable.Range(0xA1, 12)).Concat(Enumerable.Range(0xAE, 82)).Select(static c => (char)c).ToList();
        for (var extra = 0; bytes.Count < 256; extra++) bytes.Add((char)(256 + extra));
        var tokens = bytes.Select(static c => $"{c}").Concat(bytes.Select(static c => $"{c}</w>")).Append(Start).Append(End).ToList();
        Write($"{part}/vocab.json", tokens.Select(static (token, id) => (token, id)).ToDictionary(static pair => pair.token, static pair => pair.id));
        System.IO.File.WriteAllText(File($"{part}/merges.txt"), "#version: 0.2\n");
        Write($"{part}/tokenizer_config.json", new { tokenizer_class = "CLIPTokenizer", model_max_length = 77, pad_token = new { content = pad } });
    }

    private void Text(string part, int width, int hiddenStates, string? pooled)
    {
        Write($"{part}/config.json", new { max_position_embeddings = 77, hidden_size = width });
        var graph = new GraphWriter(width).Input("input_ids", hiddenStates == 0 ? TensorElementType.Int32 : TensorElementType.Int64, "batch", 77).Weights("embedding", Vocabulary, width)
            .Output("last_hidden_state", "batch", 77, width).Node("Gather", ["embedding", "input_ids"], "last_hidden_state");
        if (pooled is not null) graph.Output(pooled, "batch", width).Node("ReduceMean", ["last_hidden_state"], pooled, ("axes", [1]), ("keepdims", [0]));
        for (var layer = 0; layer < hiddenStates; layer++)
            graph.Output($"hidden_states.{layer}", "batch", 77, width).Constant($"scale.{layer}", [layer + 1]).Node("Mul", ["last_hidden_state", $"scale.{layer}"], $"hidden_states.{layer}");
        graph.Save(File($"{part}/model.onnx"));
    }

    /// <summary>Every input counts in the output, so that a wrong one shows.</summary>
    private void UNet(int width, bool wide, TensorElementType time)
    {
        var graph = new GraphWriter(7).Input("sample", TensorElementType.Float, "batch", 4, "height", "width").Input("timestep", time, "steps")
            .Input("encoder_hidden_states", TensorElementType.Float, "batch", 77, width).Output("out_sample", "batch", 4, "height", "width").Weights("w", 4, 4, 1, 1).Axes("last", 3).Axes("two", 2, 3)
            .Node("Conv", ["sample", "w"], "mixed", ("kernel_shape", [1, 1]))
            .Node("Cast", ["timestep"], "time", ("to", [1])).Node("Sin", ["time"], "wave").Node("ReduceMean", ["wave"], "moment", ("keepdims", [0]))
            .Node("ReduceMean", ["encoder_hidden_states"], "meaning", ("axes", [1, 2]), ("keepdims", [1])).Node("Unsqueeze", ["meaning", "last"], "meaning4")
            .Node("Add", ["mixed", "meaning4"], "told").Node("Add", ["told", "moment"], wide ? "timed" : "out_sample");
        if (wide)
        {
            graph.Input("text_embeds", TensorElementType.Float, "batch", 1280).Input("time_ids", TensorElementType.Float, "batch", 6)
                .Node("ReduceMean", ["text_embeds"], "pooled", ("axes", [1]), ("keepdims", [1])).Node("Unsqueeze", ["pooled", "two"], "pooled4")
                .Node("ReduceMean", ["time_ids"], "sizes", ("axes", [1]), ("keepdims", [1])).Node("Tanh", ["sizes"], "bounded").Node("Unsqueeze", ["bounded", "two"], "sizes4")
                .Node("Add", ["timed", "pooled4"], "embedded").Node("Add", ["embedded", "sizes4"], "out_sample");
        }

        graph.Save(File("unet/model.onnx"));
    }
}
