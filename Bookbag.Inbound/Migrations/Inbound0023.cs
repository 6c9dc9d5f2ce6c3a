using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>The queue holds stretches of the log, not every webhook by itself.</summary>
[DbContext(typeof(InboundDb)), Migration("0023_queue_by_stretches")]
internal sealed class Inbound0023() : SqlMigration("0023_queue_by_stretches");
