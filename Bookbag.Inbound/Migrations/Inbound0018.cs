using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What members have looked at.</summary>
[DbContext(typeof(InboundDb)), Migration("0018_looks")]
internal sealed class Inbound0018() : SqlMigration("0018_looks");
