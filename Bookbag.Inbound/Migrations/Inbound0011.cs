using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Customer service windows, for other schemas to read.</summary>
[DbContext(typeof(InboundDb)), Migration("0011_customer_windows")]
internal sealed class Inbound0011() : SqlMigration("0011_customer_windows");
