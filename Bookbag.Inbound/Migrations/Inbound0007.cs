using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Searching the webhook log, replaying a span of it, and the statuses of messages that nobody knows.</summary>
[DbContext(typeof(InboundDb)), Migration("0007_webhook_log")]
internal sealed class Inbound0007() : SqlMigration("0007_webhook_log");
