using Resultity.Onnx.Diffusion;
using Resultity.Onnx.Diffusion.Schedulers;
using Resultity.Onnx.Imaging;
using Xunit;

namespace Resultity.Onnx.Tests.Diffusion;

/// <summary>Models of the popular layouts, loaded and run: their files, names, inputs and shapes.</summary>
public sealed class LayoutTests
{
    private static readonly DiffusionRequest Request = new() { Prompt = "a red circle", Width = 512, Height = 512, Steps = 4, Seed = 3 };

    [Fact]
    public void Stable_diffusion_1_5_runs_with_every_scheduler_and_repeats_itself_for_a_seed()
    {
        using var folder = DiffusersFolder.Sd15();
        using var model = DiffusionModel.Load(folder.Path);
        Assert.Equal((512, 75, true), (model.NativeSide, model.PromptLength, model.StartsFromPictures));
        var seen = new HashSet<string>();
        foreach (var scheduler in SolverNames.All)
        {
            var one = Run(model, Request with { Scheduler = scheduler });
            Assert.Equal((512, 512), (one.Width, one.Height));
            Assert.Equal(one.Pixels, Run(model, Request with { Scheduler = scheduler }).Pixels);
            Assert.True(seen.Add(Convert.ToHexString(one.Pixels.AsSpan(0, 4096))), $"{scheduler} makes what another made");
        }

        Assert.NotEqual(Run(model, Request).Pixels, Run(model, Request with { Seed = 4 }).Pixels);
        Assert.NotEqual(Run(model, Request).Pixels, Run(model, Request with { Prompt = "something else" }).Pixels);
        Assert.NotEqual(Run(model, Request).Pixels, Run(model, Request with { NegativePrompt = "blue" }).Pixels);
        Assert.NotEqual(Run(model, Request).Pixels, Run(model, Request with { Guidance = 1 }).Pixels);
    }

    [Fact]
    public void Stable_diffusion_2_1_predicts_velocities_at_768_pixels()
    {
        using var folder = DiffusersFolder.Sd21();
        using var model = DiffusionModel.Load(folder.Path);
        Assert.Equal(768, model.NativeSide);
        var made = Run(model, Request with { Width = 768, Height = 512, Steps = 2 });
        Assert.Equal((768, 512), (made.Width, made.Height));
    }

    [Fact]
    public void Stable_diffusion_xl_reads_two_towers_pooled_text_and_sizes()
    {
        using var folder = DiffusersFolder.Sdxl();
        using var model = DiffusionModel.Load(folder.Path);
        Assert.Equal(1024, model.NativeSide);
        var made = Run(model, Request with { Width = 1024, Height = 1024, Steps = 2 });
        Assert.Equal((1024, 1024), (made.Width, made.Height));
        Assert.NotEqual(made.Pixels, Run(model, Request with { Width = 1024, Height = 1024, Steps = 2, Prompt = "another" }).Pixels);
    }

    [Fact]
    public void An_edit_starts_from_its_picture_and_keeps_what_the_mask_covers()
    {
        using var folder = DiffusersFolder.Sd15();
        using var model = DiffusionModel.Load(folder.Path);
        var source = new Picture(512, 512, [.. Enumerable.Range(0, 512 * 512).SelectMany(static at => new byte[] { (byte)(at % 251), 80, 160, 255 })]);
        var mask = new Picture(512, 512, [.. Enumerable.Range(0, 512 * 512).SelectMany(static at => new byte[] { 0, 0, 0, (byte)(at % 512 < 256 ? 255 : 0) })]);
        var made = Run(model, Request with { Source = source, Mask = mask, Strength = 1 });
        for (var y = 0; y < 512; y += 37)
        {
            Assert.Equal(source.Pixels.AsSpan(y * 2048, 4 * 200).ToArray(), made.Pixels.AsSpan(y * 2048, 4 * 200).ToArray());
        }

        Assert.NotEqual(source.Pixels.AsSpan(4 * 400, 400).ToArray(), made.Pixels.AsSpan(4 * 400, 400).ToArray());
        var steps = 0;
        model.Make(Request with { Source = source, Strength = 0.5, Steps = 10 }, _ => steps++, TestContext.Current.CancellationToken);
        Assert.Equal(5, steps);
    }

    [Fact]
    public void A_larger_size_than_the_model_bears_is_computed_smaller_and_enlarged()
    {
        using var folder = DiffusersFolder.Sd15();
        using var model = DiffusionModel.Load(folder.Path);
        Assert.Equal((2048, 1024), (Run(model, Request with { Width = 2048, Height = 1024, Steps = 1 }) is var wide ? wide.Width : 0, 1024));
        Assert.Equal((512, 512), model.Computed(512, 512));
        Assert.Equal((768, 768), model.Computed(2048, 2048));
        Assert.NotNull(model.Refuse(515, 512));
        Assert.NotNull(model.Refuse(4096, 512));
        Assert.NotNull(model.Refuse(2048, 256));
    }

    [Fact]
    public void Cancelling_stops_before_the_next_step()
    {
        using var folder = DiffusersFolder.Sd15();
        using var model = DiffusionModel.Load(folder.Path);
        using var cancelled = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => model.Make(Request with { Steps = 50 }, progress => { if (progress.Step == 2) cancelled.Cancel(); }, cancelled.Token));
    }

    [Theory]
    [InlineData("unet/model.onnx")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("vae_decoder/model.onnx")]
    public void A_folder_that_lacks_a_part_is_refused_by_its_name(string part)
    {
        using var folder = DiffusersFolder.Sd15();
        File.Delete(Path.Combine(folder.Path, part));
        Assert.ThrowsAny<Exception>(() => DiffusionModel.Load(folder.Path));
    }

    private static Picture Run(DiffusionModel model, DiffusionRequest request) => model.Make(request, null, TestContext.Current.CancellationToken).Picture;
}
