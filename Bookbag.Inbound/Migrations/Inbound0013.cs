using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What chunks mean, where an embedding endpoint is configured.</summary>
[DbContext(typeof(InboundDb)), Migration("0013_meaning")]
internal sealed class Inbound0013() : SqlMigration("0013_meaning");
