namespace Resultity.Serving.Jobs;

/// <summary>How jobs are kept and run.</summary>
public sealed class JobOptions
{
    /// <summary>Under which name this process claims jobs. Only one process at a time may use a name, and it finds its own jobs again after a crash.</summary>
    /// <value><c>gateway</c>: with embedded storage the data folder's lock keeps others out.</value>
    public string Owner { get; set; } = "gateway";

    /// <summary>How many jobs of one model wait in the dispatcher's queue at most. A few are enough to keep the nodes busy; the rest waits in the store.</summary>
    /// <value>32.</value>
    public int MaxWaitingPerModel { get; set; } = 32;

    /// <summary>How many jobs this process runs at the same time at most, waiting ones included.</summary>
    /// <value>1024.</value>
    public int MaxRunning { get; set; } = 1024;

    /// <summary>How many jobs of one namespace may wait in the store at most; more are refused.</summary>
    /// <value>100,000.</value>
    public int MaxQueued { get; set; } = 100_000;

    /// <summary>How long a claim holds without being renewed; it is renewed at a third of this.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a job may take when it names no deadline (<c>Cancel-After</c>).</summary>
    /// <value>24 hours.</value>
    public TimeSpan DefaultDeadline { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long answers are kept when the client does not say (<c>Resultity-Retention</c>).</summary>
    /// <value>24 hours.</value>
    public TimeSpan DefaultRetention { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The longest that a client may have an answer kept.</summary>
    /// <value>30 days.</value>
    public TimeSpan MaxRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>After a start, how long a job for a model that no node offers waits for nodes to dial in again, before that is a fault.</summary>
    /// <value>60 seconds.</value>
    public TimeSpan NodesReturn { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a job that cannot be served now waits at least until it is tried again.</summary>
    /// <value>1 second.</value>
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The largest streamed answer, in bytes.</summary>
    /// <value>64 MiB.</value>
    public int MaxOutputBytes { get; set; } = 64 << 20;

    /// <summary>At shutdown, how long running jobs may go on before they are handed back.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often deadlines and retentions are looked after.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan SweepEvery { get; set; } = TimeSpan.FromSeconds(2);
}
