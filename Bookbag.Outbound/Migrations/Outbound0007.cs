using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Lighter checks and indexes on what is written by the million.</summary>
[DbContext(typeof(OutboundDb)), Migration("0007_lean")]
internal sealed class Outbound0007() : SqlMigration("0007_lean");
