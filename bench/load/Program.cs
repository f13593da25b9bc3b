using Resultity.Load;

LoadOptions options;
try
{
    options = LoadOptions.Parse(args);
}
catch (Exception wrong) when (wrong is FormatException or IOException)
{
    Console.Error.WriteLine($"load: {wrong.Message}\n{LoadOptions.Usage}");
    return 2;
}

using var loader = new Loader(options);
loader.Run();
Console.WriteLine(options.Json ? Report.Json(options, loader) : Report.Text(options, loader).TrimEnd());
return loader.Tally.Good > 0 ? 0 : 1;
