using Bookbag.AppHost.Embedded;

namespace Bookbag.Tests.Embedded;

public sealed class SecretMaskTests
{
    private readonly SecretMask _mask = new(["p@ss"]);

    [Theory]
    [InlineData("ConnectionStrings__bookbag", "Host=x;Password=p@ss;Database=b", "Host=x;Password=••••••;Database=b")]
    [InlineData("BOOKBAG_URI", "postgresql://postgres:p%40ss@x/b", "postgresql://postgres:••••••@x/b")]
    [InlineData("Meta__AppSecret", "anything", "••••••")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=1", "••••••")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:1", "http://localhost:1")]
    public void A_variable_shows_no_secret(string name, string value, string shown) => Assert.Equal(shown, _mask.InVariable(name, value));
}
