using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bookbag.Inbound.Migrations;

/// <summary>Usernames and parent user ids of customers; problems that Meta reports of a number.</summary>
[DbContext(typeof(InboundDb)), Migration("0021_identities_and_reports")]
internal sealed class Inbound0021() : SqlMigration("0021_identities_and_reports");
