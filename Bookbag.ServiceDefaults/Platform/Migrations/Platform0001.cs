using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.ServiceDefaults.Platform.Migrations;

[DbContext(typeof(PlatformDb))]
[Migration("0001_platform")]
internal sealed class Platform0001() : SqlMigration("0001_platform");
