using System.Collections.Frozen;
using Npgsql;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Postgres;

/// <summary>Where a PostgreSQL database is: a <c>postgres://</c> URL as libpq reads it, or Npgsql's <c>Host=…;Database=…</c>.</summary>
internal static class PostgresAddress
{
    private const int DefaultPort = 5432;

    // libpq's names of parameters; all others are tried as Npgsql's own.
    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["target_session_attrs"] = "Target Session Attributes",
        ["passfile"] = "Passfile",
        ["dbname"] = "Database",
        ["user"] = "Username",
    }.ToFrozenDictionary();

    /// <summary>Reads an address, and sets what a gateway needs where the address says nothing of it.</summary>
    /// <exception cref="StorageException">It cannot be read; the message shows no part of it that may be secret.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string address)
    {
        var builder = address.StartsWith("postgres://", StringComparison.Ordinal) || address.StartsWith("postgresql://", StringComparison.Ordinal)
            ? OfUrl(address)
            : OfPairs(address);
        if (string.IsNullOrEmpty(builder.Host))
        {
            throw Refused("names no host");
        }

        if (string.IsNullOrEmpty(builder.Database))
        {
            throw Refused("names no database");
        }

        // A server allows a hundred connections by default, which several gateways and its operator share.
        SetUnlessGiven(builder, "Maximum Pool Size", static b => b.MaxPoolSize = 20);
        SetUnlessGiven(builder, "Timeout", static b => b.Timeout = 5);
        SetUnlessGiven(builder, "Command Timeout", static b => b.CommandTimeout = 20);
        SetUnlessGiven(builder, "Keepalive", static b => b.KeepAlive = 10);
        SetUnlessGiven(builder, "Max Auto Prepare", static b => b.MaxAutoPrepare = 200);
        SetUnlessGiven(builder, "Auto Prepare Min Usages", static b => b.AutoPrepareMinUsages = 2);
        SetUnlessGiven(builder, "Application Name", static b => b.ApplicationName = "resultity");

        // Sessions keep nothing that would have to be forgotten between uses.
        SetUnlessGiven(builder, "No Reset On Close", static b => b.NoResetOnClose = true);
        builder.PersistSecurityInfo = false;
        builder.IncludeErrorDetail = false;
        return builder;
    }

    /// <summary>The address without anything secret, for messages.</summary>
    public static string Show(NpgsqlConnectionStringBuilder builder) =>
        builder.Host!.StartsWith('/') || builder.Port == DefaultPort
            ? $"{builder.Database} on {builder.Host}"
            : $"{builder.Database} on {builder.Host}:{builder.Port}";

    private static NpgsqlConnectionStringBuilder OfUrl(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            throw Refused("is no URL (a password with characters such as / or @ has to be percent-encoded)");
        }

        var builder = new NpgsqlConnectionStringBuilder { Host = url.IdnHost, Port = url.IsDefaultPort || url.Port < 0 ? DefaultPort : url.Port };
        if (url.UserInfo.Length > 0)
        {
            var (user, password) = url.UserInfo.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon
                ? (url.UserInfo[..colon], url.UserInfo[(colon + 1)..])
                : (url.UserInfo, null);
            builder.Username = Uri.UnescapeDataString(user);
            builder.Password = password is null ? null : Uri.UnescapeDataString(password);
        }

        if (url.AbsolutePath.Length > 1)
        {
            builder.Database = Uri.UnescapeDataString(url.AbsolutePath[1..]);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]);
            Set(builder, name, Uri.UnescapeDataString(equals < 0 ? "" : pair[(equals + 1)..]));
        }

        return builder;
    }

    private static NpgsqlConnectionStringBuilder OfPairs(string address)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(address);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or NotSupportedException)
        {
            throw Refused("is neither a postgres:// URL nor pairs such as Host=db;Database=resultity;Username=resultity");
        }
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        try
        {
            // libpq writes the words of a mode with hyphens, Npgsql without.
            builder[Names.GetValueOrDefault(name, name)] = name is "sslmode" or "target_session_attrs" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or NotSupportedException or OverflowException)
        {
            throw Refused($"has the parameter '{name}', which is unknown or has a value that is not allowed");
        }
    }

    private static void SetUnlessGiven(NpgsqlConnectionStringBuilder builder, string keyword, Action<NpgsqlConnectionStringBuilder> set)
    {
        if (!builder.ShouldSerialize(keyword))
        {
            set(builder);
        }
    }

    private static StorageException Refused(string what) => new(
        $"The database's address {what}. It is written postgres://user:password@host:port/database?sslmode=verify-full.",
        new Fault(FaultKind.Unavailable, "storage_unavailable", "The gateway's storage is not available."));
}
