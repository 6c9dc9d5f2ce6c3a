using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>One index for every list of conversations.</summary>
[DbContext(typeof(InboundDb)), Migration("0022_latest_conversations")]
internal sealed class Inbound0022() : SqlMigration("0022_latest_conversations");
