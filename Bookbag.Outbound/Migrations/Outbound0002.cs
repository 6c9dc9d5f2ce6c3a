using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Outbound.Migrations;

/// <summary>Contacts, suppressions and imports.</summary>
[DbContext(typeof(OutboundDb)), Migration("0002_contacts")]
internal sealed class Outbound0002() : SqlMigration("0002_contacts");
