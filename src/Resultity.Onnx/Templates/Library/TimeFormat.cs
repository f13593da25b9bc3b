using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Templates.Library;

/// <summary>C's strftime in the C locale.</summary>
internal static class TimeFormat
{
    public static string Write(DateTimeOffset time, string format)
    {
        var output = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                output.Append(format[at]);
                continue;
            }
            var bare = format[at + 1] == '-' && at + 2 < format.Length;
            at += bare ? 2 : 1;
            var part = Part(time, format[at]);
            output.Append(bare ? part.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : part);
        }
        return output.ToString();
    }

    private static string Part(DateTimeOffset time, char kind)
    {
        var pattern = kind switch
        {
            'a' => "ddd",
            'A' => "dddd",
            'b' or 'h' => "MMM",
            'B' => "MMMM",
            'd' => "dd",
            'H' => "HH",
            'I' => "hh",
            'm' => "MM",
            'M' => "mm",
            'p' => "tt",
            'S' => "ss",
            'y' => "yy",
            'Y' => "yyyy",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'D' => "MM/dd/yy",
            'R' => "HH:mm",
            'f' => "ffffff",
            'c' => "ddd MMM d HH:mm:ss yyyy",
            'x' => "MM/dd/yy",
            'X' => "HH:mm:ss",
            _ => null,
        };
        if (pattern is not null) return time.ToString(pattern, CultureInfo.InvariantCulture);
        return kind switch
        {
            'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'z' => time.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal),
            'Z' => "",
            's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => throw new TemplateException($"the time format '%{kind}' is not supported"),
        };
    }
}
