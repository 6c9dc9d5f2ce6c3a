using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>The webhook log, the queue of what is still to be applied, and what could not be.</summary>
[DbContext(typeof(InboundDb)), Migration("0002_webhooks")]
internal sealed class Inbound0002() : SqlMigration("0002_webhooks");
