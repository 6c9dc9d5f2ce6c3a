using Aspire.Hosting;
using Bookbag.AppHost.Embedded;

namespace Bookbag.Tests.Embedded;

public sealed class PostgresInstallationTests : IDisposable
{
    private readonly string _downloads = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_downloads, recursive: true);

    [Fact]
    public async Task The_machines_own_is_found()
    {
        var installation = await PostgresInstallation.FindAsync(PostgresInstallation.UsualPlaces(), dataVersion: null, _downloads, CancellationToken.None);

        Assert.True(File.Exists(installation.ProgramPath("initdb")));
        Assert.True(int.Parse(installation.MajorVersion, System.Globalization.CultureInfo.InvariantCulture) >= 14);
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_there_are_not_opened_by_another()
    {
        var failure = await Assert.ThrowsAnyAsync<DistributedApplicationException>(
            () => PostgresInstallation.FindAsync(PostgresInstallation.UsualPlaces(), dataVersion: "9", _downloads, CancellationToken.None));

        Assert.StartsWith("The data were made by Postgres 9, which is not installed", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
