using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>The delivery events that Outbound acts on, and what makes those without an id of Meta's count once.</summary>
[DbContext(typeof(InboundDb)), Migration("0004_delivery")]
internal sealed class Inbound0004() : SqlMigration("0004_delivery");
