using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What messages are about, where customers came from, what was never heard of again, and what an agent does with what it cannot read.</summary>
[DbContext(typeof(InboundDb)), Migration("0005_messages")]
internal sealed class Inbound0005() : SqlMigration("0005_messages");
