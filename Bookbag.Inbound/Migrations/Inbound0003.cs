using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>What an agent answers from, the index that finds it, and how the agent behaves.</summary>
[DbContext(typeof(InboundDb)), Migration("0003_knowledge")]
internal sealed class Inbound0003() : SqlMigration("0003_knowledge");
