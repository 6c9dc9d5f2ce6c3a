using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What Outbound reads of customers and their messages, and what Inbound reads of campaigns.</summary>
[DbContext(typeof(InboundDb)), Migration("0015_attribution")]
internal sealed class Inbound0015() : SqlMigration("0015_attribution");
