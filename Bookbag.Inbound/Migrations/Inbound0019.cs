using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Who of the team wrote a message.</summary>
[DbContext(typeof(InboundDb)), Migration("0019_writers")]
internal sealed class Inbound0019() : SqlMigration("0019_writers");
