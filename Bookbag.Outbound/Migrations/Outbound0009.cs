using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Templates as they were when they were sent.</summary>
[DbContext(typeof(OutboundDb)), Migration("0009_as_sent")]
internal sealed class Outbound0009() : SqlMigration("0009_as_sent");
