using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Files of messages, and what is to be done with them.</summary>
[DbContext(typeof(InboundDb)), Migration("0006_media")]
internal sealed class Inbound0006() : SqlMigration("0006_media");
