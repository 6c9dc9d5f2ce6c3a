using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Templates.</summary>
[DbContext(typeof(OutboundDb)), Migration("0003_templates")]
internal sealed class Outbound0003() : SqlMigration("0003_templates");
