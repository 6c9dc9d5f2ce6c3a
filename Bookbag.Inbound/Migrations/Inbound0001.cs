using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Conversations, their customers' addresses, messages and the ledger of Meta's message ids.</summary>
[DbContext(typeof(InboundDb)), Migration("0001_conversations")]
internal sealed class Inbound0001() : SqlMigration("0001_conversations");
