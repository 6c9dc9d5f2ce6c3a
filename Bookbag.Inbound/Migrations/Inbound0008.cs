using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Tickets, how they find their people, their timeline, and the questions that the sources do not cover.</summary>
[DbContext(typeof(InboundDb)), Migration("0008_help_desk")]
internal sealed class Inbound0008() : SqlMigration("0008_help_desk");
