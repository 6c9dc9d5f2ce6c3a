using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Replies of campaigns, the text of what was sent, and what Inbound may read of both.</summary>
[DbContext(typeof(OutboundDb)), Migration("0005_attribution")]
internal sealed class Outbound0005() : SqlMigration("0005_attribution");
