using Xunit;

namespace Resultity.Storage.Tests.Conformance;

/// <summary>What every storage engine must do. One subclass per store and engine runs the tests.</summary>
public abstract class StoreConformance(TestStorage storage) : IAsyncDisposable
{
    protected static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected TestStorage Storage { get; } = storage;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An identifier whose time lies a number of seconds after the start.</summary>
    protected static string NewId(string prefix, int second = 0) =>
        Contracts.Values.Id.New(prefix, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start.AddSeconds(second)));

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Storage.DisposeAsync();
    }
}
