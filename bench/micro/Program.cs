using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// In this process: a generated project would be built by this repository's rules, which are not made for generated code.
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(10))
    .WithArtifactsPath(Path.Combine("artifacts", "micro"));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
