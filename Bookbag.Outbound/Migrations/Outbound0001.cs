using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>The ledger of the messaging limit.</summary>
[DbContext(typeof(OutboundDb)), Migration("0001_openings")]
internal sealed class Outbound0001() : SqlMigration("0001_openings");
