using Resultity.Node.Runtimes.Onnx.Videos;

namespace Resultity.Node.Tests.Runtimes.Onnx.Videos;

public sealed class VideoTextTests
{
    [Fact]
    public void Where_a_moving_thing_stands_in_single_frames_gives_way_to_its_movement() => Assert.Equal(
        "a red circle moving right on a white background",
        VideoText.Of(["a red circle on the left on a white background", "a red circle in the center on a white background", "a red circle on the right on a white background"], "moving right"));

    [Fact]
    public void One_frame_that_is_seen_wrongly_changes_nothing() => Assert.Equal(
        "a red circle moving up on a white background",
        VideoText.Of(["a red circle at the bottom on a white background", "a red heart in the center on a white background", "a red circle at the top on a white background"], "moving up"));

    [Fact]
    public void Captions_of_other_models_get_the_movement_at_their_end() =>
        Assert.Equal("A dog in a park, moving left", VideoText.Of(["A dog in a park.", "A dog in a park."], "moving left"));

    [Fact]
    public void Scenes_that_follow_each_other_are_all_told() =>
        Assert.Equal("a beach; then a forest", VideoText.Of(["a beach", "a beach", "a forest", "a forest"], null));

    [Fact]
    public void The_size_of_what_grows_is_not_told() =>
        Assert.Equal("a star growing on a black background", VideoText.Of(["a small star in the center on a black background", "a large star in the center on a black background"], "growing"));
}
