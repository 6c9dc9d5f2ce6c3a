using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Restrictions of accounts, and what makes looks at campaigns and parked statuses cheap.</summary>
[DbContext(typeof(OutboundDb)), Migration("0008_accounts")]
internal sealed class Outbound0008() : SqlMigration("0008_accounts");
