using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Campaigns, their recipients, single sends, and the fence of the messaging limit's ledger.</summary>
[DbContext(typeof(OutboundDb)), Migration("0004_sending")]
internal sealed class Outbound0004() : SqlMigration("0004_sending");
