using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What changed in the last hour, for live updates.</summary>
[DbContext(typeof(InboundDb)), Migration("0009_live")]
internal sealed class Inbound0009() : SqlMigration("0009_live");
