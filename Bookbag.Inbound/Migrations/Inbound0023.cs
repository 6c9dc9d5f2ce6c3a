using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>The log and its queue hold stretches: all that one commit wrote.</summary>
[DbContext(typeof(InboundDb)), Migration("0023_log_by_stretches")]
internal sealed class Inbound0023() : SqlMigration("0023_log_by_stretches");
