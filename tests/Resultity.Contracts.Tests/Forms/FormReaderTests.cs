using System.Text;
using Resultity.Contracts.Forms;
using Xunit;

namespace Resultity.Contracts.Tests.Forms;

public sealed class FormReaderTests
{
    private const string Type = "multipart/form-data; boundary=b";

    [Fact]
    public void Parts_are_found_with_names_quoted_and_bare()
    {
        var body = Body("preamble\n--b\nContent-Disposition: form-data; name=model\n\nmini\n--b\nContent-Type: image/png\ncontent-disposition: form-data; name=\"image[]\"; filename=\"a \\\"b\\\".png\"\n\n\0\n--bit\n--b--\nepilogue");
        Assert.True(FormReader.Read(body, "Multipart/Form-Data; charset=utf-8; boundary=\"b\"").TryGet(out var parts, out var fault), fault?.Message);
        Assert.Equal(("model", null, "mini"), (parts[0].Name, parts[0].FileName, Text(parts[0], body)));
        Assert.Equal(("image[]", "image", "a \"b\".png", "image/png"), (parts[1].Name, parts[1].Field, parts[1].FileName, parts[1].ContentType));
        Assert.Equal("\0\r\n--bit", Text(parts[1], body));
    }

    [Fact]
    public void An_empty_part_and_a_form_without_parts_are_forms()
    {
        var body = Body("--b\nContent-Disposition: form-data; name=\"a\"\n\n\n--b--\n");
        Assert.True(FormReader.Read(body, Type).TryGet(out var parts, out var fault), fault?.Message);
        Assert.Equal(0, Assert.Single(parts).Length);
        Assert.True(FormReader.Read("--b--"u8, Type).TryGet(out parts, out _));
        Assert.Empty(parts);
    }

    [Theory]
    [InlineData("", "boundary")]
    [InlineData("hello", "boundary")]
    [InlineData("--b\nContent-Disposition: form-data; name=a\n\nx", "breaks off")]
    [InlineData("--b\nContent-Disposition: form-data; name=a\n\nx\n--b\n", "head of part 2")]
    [InlineData("--bx\nContent-Disposition: form-data; name=a\n\nx\n--b--", "part")]
    [InlineData("--b\nContent-Disposition: form-data\n\nx\n--b--", "part 1")]
    [InlineData("--b\nContent-Disposition: attachment; name=a\n\nx\n--b--", "part 1")]
    [InlineData("--b\nContent-Disposition: form-data; name=a\nContent-Transfer-Encoding: base64\n\nx\n--b--", "part 1")]
    [InlineData("--b\nno header\n\nx\n--b--", "part 1")]
    public void What_is_no_form_is_refused_with_the_place(string text, string place)
    {
        Assert.False(FormReader.Read(Body(text), Type).TryGet(out _, out var fault));
        Assert.Equal("invalid_form", fault.Code);
        Assert.Contains(place, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; charset=utf-8")]
    public void A_type_without_a_boundary_is_refused(string type)
    {
        Assert.False(FormReader.Read("--b--"u8, type).TryGet(out _, out var fault));
        Assert.Contains("boundary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_parts_and_too_long_heads_are_refused()
    {
        var part = "--b\nContent-Disposition: form-data; name=a\n\nx\n";
        Assert.False(FormReader.Read(Body(string.Concat(Enumerable.Repeat(part, FormReader.MostParts + 1)) + "--b--"), Type).TryGet(out _, out var many));
        Assert.Contains("128 parts", many.Message, StringComparison.Ordinal);
        Assert.False(FormReader.Read(Body($"--b\nContent-Disposition: form-data; name={new string('a', FormReader.LongestHead)}\n\nx\n--b--"), Type).TryGet(out _, out var head));
        Assert.Contains("head of part 1", head.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_forms_never_throw_and_parts_stay_within_the_body()
    {
        var right = Body("--b\nContent-Disposition: form-data; name=model\n\nmini\n--b\nContent-Disposition: form-data; name=\"image\"; filename=\"x\"\nContent-Type: image/png\n\nabc\n--b--\n");
        var random = new Random(7);
        for (var round = 0; round < 50_000; round++)
        {
            var body = right[..(random.Next(4) == 0 ? random.Next(right.Length) : right.Length)];
            for (var changes = random.Next(4); changes > 0 && body.Length > 0; changes--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            if (FormReader.Read(body, Type).TryGet(out var parts, out _))
            {
                Assert.All(parts, part => Assert.InRange(part.Start + part.Length, 0, body.Length));
            }
        }
    }

    private static string Text(FormPart part, byte[] body) => Encoding.UTF8.GetString(part.In(body).Span);

    private static byte[] Body(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));
}
