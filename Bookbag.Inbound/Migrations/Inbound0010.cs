using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Other systems that are told what happens, and what they were told.</summary>
[DbContext(typeof(InboundDb)), Migration("0010_outgoing_webhooks")]
internal sealed class Inbound0010() : SqlMigration("0010_outgoing_webhooks");
