using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>The webhook log found by time with an index that no look-up by key can take for its own.</summary>
[DbContext(typeof(InboundDb)), Migration("0017_webhook_log_by_time")]
internal sealed class Inbound0017() : SqlMigration("0017_webhook_log_by_time");
