using Resultity.Node.Hardware;

namespace Resultity.Node.Tests.Hardware;

/// <summary>What nvidia-smi says, read with suspicion.</summary>
public sealed class AcceleratorTests
{
    [Fact]
    public void Each_accelerator_has_its_name_and_memory()
    {
        var found = Accelerators.Parse("NVIDIA H200, 143771, 143000\nOdd, name, 8192, 9000\n");
        Assert.Equal([new Accelerator("NVIDIA H200", 143771L << 20, 143000L << 20), new Accelerator("Odd, name", 8192L << 20, 8192L << 20)], found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")]
    [InlineData("NVIDIA GB10, [N/A], [N/A]")]
    [InlineData("x, -1, 5")]
    public void What_names_no_memory_is_no_accelerator(string lines) => Assert.Empty(Accelerators.Parse(lines));
}
