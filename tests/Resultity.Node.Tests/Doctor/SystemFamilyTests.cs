using Resultity.Node.Doctor;

namespace Resultity.Node.Tests.Doctor;

/// <summary>The advice fits the system that it is given on.</summary>
public sealed class SystemFamilyTests
{
    [Theory]
    [InlineData("ID=debian", "sudo apt install ffmpeg")]
    [InlineData("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", "sudo apt install ffmpeg")]
    [InlineData("ID=rocky\nID_LIKE=\"rhel centos fedora\"", "sudo dnf install ffmpeg-free")]
    [InlineData("ID=manjaro\nID_LIKE=arch", "sudo pacman -S ffmpeg")]
    [InlineData("ID=nixos", "install ffmpeg with this system's package manager")]
    [InlineData("damaged", "install ffmpeg with this system's package manager")]
    public void A_linux_is_known_by_its_name_or_by_what_it_is_like(string release, string advice) =>
        Assert.Equal(advice, InstallAdvice.For("ffmpeg", SystemFamilies.Parse(release.Split('\n')).Family));

    [Fact]
    public void Every_engine_has_advice_on_every_system() =>
        Assert.All(
            from engine in KnownEngine.All from family in Enum.GetValues<SystemFamily>() select InstallAdvice.For(engine.Name, family),
            static advice => Assert.InRange(advice.Length, 10, 400));
}
