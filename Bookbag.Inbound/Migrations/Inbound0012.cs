using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Websites and files as sources, and the training that reads them.</summary>
[DbContext(typeof(InboundDb)), Migration("0012_training")]
internal sealed class Inbound0012() : SqlMigration("0012_training");
