using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.ServiceDefaults.Platform.Migrations;

[DbContext(typeof(PlatformDb))]
[Migration("0002_activity")]
internal sealed class Platform0002() : SqlMigration("0002_activity");
