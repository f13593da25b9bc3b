using Npgsql;
using Resultity.Serving.Stores;
using Resultity.Storage.Postgres;
using Xunit;

namespace Resultity.Storage.Tests.Postgres;

public sealed class PostgresAddressTests
{
    [Fact]
    public void A_url_reads_as_libpq_reads_it()
    {
        var settings = PostgresAddress.Parse("postgresql://me%40here:p%2Fw%3A@db.example.org:6432/my%20db?sslmode=verify-full&application_name=x&connect_timeout=7&Maximum%20Pool%20Size=3");
        Assert.Equal(("db.example.org", 6432, "my db", "me@here", "p/w:"), (settings.Host, settings.Port, settings.Database, settings.Username, settings.Password));
        Assert.Equal((SslMode.VerifyFull, "x", 7, 3), (settings.SslMode, settings.ApplicationName, settings.Timeout, settings.MaxPoolSize));
    }

    [Fact]
    public void Pairs_read_as_Npgsql_reads_them_and_keep_what_they_say()
    {
        var settings = PostgresAddress.Parse("Host=db;Database=d;Max Auto Prepare=0;Maximum Pool Size=5");
        Assert.Equal((5432, 0, 5), (settings.Port, settings.MaxAutoPrepare, settings.MaxPoolSize));
    }

    [Fact]
    public void What_a_gateway_shows_of_it_holds_no_secret() =>
        Assert.Equal("d on db:6432", PostgresAddress.Show(PostgresAddress.Parse("postgres://me:secret@db:6432/d")));

    [Theory]
    [InlineData("postgres://me:secret@host/", "names no database")]
    [InlineData("postgres://me:sec/ret@host/d", "")]
    [InlineData("postgres://me:secret@host/d?nonsense=1", "'nonsense'")]
    [InlineData("postgres://me:secret@host/d?sslmode=perhaps", "'sslmode'")]
    [InlineData("Host=h;Password=secret;Nonsense=1", "is neither")]
    [InlineData("Password=secret;Database=d", "names no host")]
    [InlineData("mysql://me:secret@host/d", "is neither")]
    public void An_address_that_cannot_be_used_is_refused_without_showing_it(string address, string words)
    {
        var exception = Assert.Throws<StorageException>(() => PostgresAddress.Parse(address));
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ret@", exception.ToString(), StringComparison.Ordinal);
    }
}
