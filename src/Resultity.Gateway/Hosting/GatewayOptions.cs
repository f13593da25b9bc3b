using Resultity.Gateway.Fleet;
using Resultity.Gateway.Http;
using Resultity.Gateway.Images;
using Resultity.Gateway.Webhooks;
using Resultity.Serving.Batches;
using Resultity.Serving.Catalog;
using Resultity.Serving.Files;
using Resultity.Serving.Idempotency;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Gateway.Hosting;

/// <summary>Everything that a gateway is told at its start.</summary>
public sealed class GatewayOptions
{
    /// <summary>The address to listen on: an IP address, <c>localhost</c>, or <c>*</c> for every address of the machine.</summary>
    /// <value>127.0.0.1.</value>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    /// <value>8080.</value>
    public int Port { get; set; } = 8080;

    /// <summary>The folder for everything that must survive. One gateway at a time can use it.</summary>
    public required string DataFolder { get; set; }

    /// <summary>A PostgreSQL database for everything that gateways share, as a <c>postgres://</c> URL or Npgsql's pairs. Holds a secret: never logged.</summary>
    /// <value>None: everything is in a SQLite file in the data folder.</value>
    public string? Database { get; set; }

    /// <summary>The folder of large payloads, which all gateways of one database share.</summary>
    /// <value>A folder in the data folder.</value>
    public string? BlobFolder { get; set; }

    /// <summary>How stored requests are run.</summary>
    public JobOptions Jobs { get; } = new();

    /// <summary>Whether traces and metrics go to an OTLP collector, which the <c>OTEL_…</c> variables of the environment describe.</summary>
    /// <value>If <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</value>
    public bool ExportTelemetry { get; set; } = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));

    /// <summary>Limits and times of the HTTP edge.</summary>
    public GatewayHttpOptions Http { get; } = new();

    /// <summary>How requests wait and where they go.</summary>
    public SchedulingOptions Scheduling { get; } = new();

    /// <summary>Limits of a request's life.</summary>
    public PipelineOptions Pipeline { get; } = new();

    /// <summary>Names that the operator gives to models.</summary>
    public CatalogOptions Catalog { get; } = new();

    /// <summary>Limits and times of files.</summary>
    public FileRules Files { get; } = new();

    /// <summary>How batches are checked and run.</summary>
    public BatchOptions Batches { get; } = new();

    /// <summary>How events are sent to receivers.</summary>
    public WebhookOptions Webhooks { get; } = new();

    /// <summary>From where images are fetched that clients name by their URLs.</summary>
    public RemoteImageOptions RemoteImages { get; } = new();

    /// <summary>How answers are kept by their idempotency key.</summary>
    public IdempotencyOptions Idempotency { get; } = new();

    /// <summary>How the gateway deals with its nodes.</summary>
    public FleetOptions Fleet { get; } = new();
}
