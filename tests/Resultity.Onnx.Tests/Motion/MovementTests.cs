using Resultity.Onnx.Motion;
using Xunit;

namespace Resultity.Onnx.Tests.Motion;

public sealed class MovementTests
{
    [Theory]
    [InlineData("a red circle moving right", "a red circle", 1, 0)]
    [InlineData("a red circle that moves slowly to the left on a white background", "a red circle on a white background", -1, 0)]
    [InlineData("A blue square is sliding upwards.", "A blue square .", 0, -1)]
    [InlineData("a star flying up and to the right", "a star", 1, -1)]
    [InlineData("a green ring falling on a black background", "a green ring on a black background", 0, 1)]
    [InlineData("a red circle rolling from left to the right", "a red circle", 1, 0)]
    public void Words_about_movement_say_where_and_leave_the_scene(string prompt, string scene, int x, int y)
    {
        var (movement, rest) = Movement.Take(prompt);
        Assert.Equal((scene, x, y), (rest, movement.X, movement.Y));
    }

    [Theory]
    [InlineData("a heart growing", "a heart", 2.2, 0)]
    [InlineData("a heart that is getting smaller", "a heart that", 0.45, 0)]
    [InlineData("a cross spinning on a blue background", "a cross on a blue background", 1, 1)]
    public void Size_and_angle_change_as_the_prompt_says(string prompt, string scene, double growth, double turns)
    {
        var (movement, rest) = Movement.Take(prompt);
        Assert.Equal((scene, turns), (rest, movement.Turns));
        Assert.Equal(growth, movement.Growth, 0.02);
    }

    [Theory]
    [InlineData("a red circle on the right")]
    [InlineData("a bright copyright sign")]
    [InlineData("a house with a green door")]
    public void A_prompt_without_movement_stays_as_it_is_and_the_camera_comes_closer(string prompt)
    {
        var (movement, rest) = Movement.Take(prompt);
        Assert.Equal((prompt, Movement.Closer), (rest, movement));
    }

    [Fact]
    public void A_prompt_of_nothing_but_movement_is_kept_for_the_model()
    {
        var (movement, rest) = Movement.Take("moving left");
        Assert.Equal(("moving left", -1), (rest, movement.X));
    }

    [Fact]
    public void A_long_prompt_takes_no_longer_than_its_length()
    {
        var (movement, _) = Movement.Take(string.Concat(Enumerable.Repeat("is slowly moving from the ", 1_200)) + "moving right");
        Assert.Equal(1, movement.X);
    }
}
