using Bookbag.Inbound.Knowledge;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Inbound.FirstStart;

/// <summary>A small stationery shop on the sandbox's number, so that a new user sees an answer at once. Development only.</summary>
public static class DemoShop
{
    // What the sandbox answers to; see Outbound's Sandbox.
    private const string AccessToken = "sandbox-access-token";
    private const string AppSecret = "sandbox-app-secret";
    private const string PhoneNumberId = "100000000000001";
    private const string BusinessAccountId = "200000000000001";

    /// <summary>Adds the agent, its channel and its knowledge to a workspace.</summary>
    public static async Task CreateAsync(IServiceProvider services, PlatformDb db, Workspace workspace, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var agent = Agent.Create(workspace.Id, "Pine & Paper", now);
        db.Agents.Add(agent);
        db.Channels.Add(Connect(agent, services.GetRequiredService<SecretProtector>(), now));
        await db.SaveChangesAsync(cancellationToken);
        await DemoKnowledge.AddAsync(services.GetRequiredService<InboundDb>(), services.GetRequiredService<KnowledgeBase>(), workspace.Id, agent.Id, cancellationToken);
    }

    private static Channel Connect(Agent agent, SecretProtector secrets, DateTimeOffset now)
    {
        var verifyToken = Passwords.Generate();
        var channel = Channel.For(agent, now);
        channel.Connect(
            new ChannelConnection(
                PhoneNumberId, $"http://sandbox/v25.0/{PhoneNumberId}/messages", BusinessAccountId,
                secrets.Protect(AccessToken), AccessToken[^4..], secrets.Protect(AppSecret), AppSecret[^4..],
                secrets.Protect(verifyToken), SecretProtector.Hash(verifyToken)),
            now);
        return channel;
    }
}
