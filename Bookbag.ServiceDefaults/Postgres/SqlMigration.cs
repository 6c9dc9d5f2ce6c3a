using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>A migration whose text is a SQL file beside it, because tables with partitions, partial indexes and CHECKs read best as SQL.</summary>
/// <param name="script">The file's name without <c>.sql</c>; the file is an embedded resource of the derived type's assembly.</param>
public abstract class SqlMigration(string script) : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Read());

    private string Read()
    {
        var assembly = GetType().Assembly;
        var name = assembly.GetManifestResourceNames().Single(n => n.EndsWith($".{script}.sql", StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
