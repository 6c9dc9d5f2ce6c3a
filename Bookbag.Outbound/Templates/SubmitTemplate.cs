using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Templates;

/// <summary>Hands a template to Meta, and takes it away there.</summary>
internal sealed class SubmitTemplate(OutboundDb db, AccountAccess access, GraphClient graph, TimeProvider clock)
{
    public static async Task<Results<Ok<TemplateResponse>, ProblemHttpResult>> Handle(
        Guid agentId, Guid id, Caller caller, OutboundDb db, SubmitTemplate submit, ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await TemplateEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } template)
            return TemplateEndpoints.NotFound();
        if (template.Status != TemplateStatuses.Draft && template.PendingComponents is null)
            return Refusal.Conflict("template_unchanged", "Meta has this template as it is. Change it first.");
        subject.Is(Describe(template));
        return await submit.RunAsync(template, caller, cancellationToken) is { } refusal ? refusal : TypedResults.Ok(TemplateResponse.Of(template));
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> Delete(
        Guid agentId, Guid id, OutboundDb db, SubmitTemplate submit, ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await TemplateEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } template)
            return TemplateEndpoints.NotFound();
        subject.Is(Describe(template));
        return await submit.RemoveAsync(template, cancellationToken) is { } refusal ? refusal : TypedResults.NoContent();
    }

    private static string Describe(Template template) => $"{template.Name}, {template.Language}";

    private async Task<ProblemHttpResult?> RunAsync(Template template, Caller caller, CancellationToken cancellationToken)
    {
        var (account, problem) = await access.FindAsync(template.AgentId, withApp: false, cancellationToken);
        if (account is null)
            return Refusal.Conflict(problem!.Code, problem.Words);
        if (!await ClaimAsync(template, caller, cancellationToken))
            return Refusal.Conflict("template_being_submitted", "This template is being submitted right now. Look again in a moment.");

        var error = template.MetaId is { } metaId
            ? await EditAsync(account, template, metaId, cancellationToken)
            : await CreateAsync(account, template, cancellationToken);
        if (error is not null)
            template.Refused($"{error.Message}{(error.Details is { } details ? $": {details}" : "")}", clock.GetUtcNow());

        // What Meta took is taken, whether or not the caller still waits.
        await db.SaveChangesAsync(CancellationToken.None);
        return error is null ? null : Refused(error);
    }

    private async Task<ProblemHttpResult?> RemoveAsync(Template template, CancellationToken cancellationToken)
    {
        if (template.Status == TemplateStatuses.Disabled)
            return Refusal.Conflict("template_disabled", "Meta does not delete a template that it disabled.");
        if (template.MetaId is { } metaId)
        {
            var (account, problem) = await access.FindAsync(template.AgentId, withApp: false, cancellationToken);
            if (account is null)
                return Refusal.Conflict(problem!.Code, problem.Words);
            if (await graph.DeleteTemplateAsync(account.Url, account.AccessToken, account.BusinessAccountId, metaId, template.Name, cancellationToken) is { } error)
                return Refused(error);
        }

        template.Remove(clock.GetUtcNow());
        await db.SaveChangesAsync(CancellationToken.None);
        return null;
    }

    private async Task<bool> ClaimAsync(Template template, Caller caller, CancellationToken cancellationToken)
    {
        var claimed = await db.Database.ExecuteSqlRawAsync(
            TemplateSql.Claim, [new NpgsqlParameter("workspace", caller.WorkspaceId), new NpgsqlParameter("agent", template.AgentId), new NpgsqlParameter("id", template.Id), new NpgsqlParameter("now", clock.GetUtcNow())],
            cancellationToken);
        if (claimed == 0)
            return false;
        await db.Entry(template).ReloadAsync(cancellationToken);
        return true;
    }

    // {"name":"…","language":"en_US","category":"MARKETING","parameter_format":"positional","components":[…],"message_send_ttl_seconds":43200}
    private async Task<GraphError?> CreateAsync(Account account, Template template, CancellationToken cancellationToken)
    {
        var json = new JsonObject
        {
            ["name"] = template.Name,
            ["language"] = template.Language,
            ["category"] = template.Category,
            ["parameter_format"] = template.ParameterFormat,
            ["components"] = JsonNode.Parse(template.Components.GetRawText()),
        };
        if (template.TtlSeconds is { } ttl)
            json["message_send_ttl_seconds"] = ttl;
        var answer = await graph.CreateTemplateAsync(account.Url, account.AccessToken, account.BusinessAccountId, JsonSerializer.SerializeToUtf8Bytes(json), cancellationToken);
        if (answer.Value is { } created)
            template.Submitted(created, account.Channel.Id, account.BusinessAccountId, clock.GetUtcNow());
        return answer.Error;
    }

    // All components are replaced. The category goes along only where it changes: that of an approved template cannot.
    private async Task<GraphError?> EditAsync(Account account, Template template, string metaId, CancellationToken cancellationToken)
    {
        var json = new JsonObject { ["components"] = JsonNode.Parse(template.PendingComponents!.Value.GetRawText()) }; // checked by Handle and Claim
        var error = await graph.EditTemplateAsync(account.Url, account.AccessToken, metaId, JsonSerializer.SerializeToUtf8Bytes(json), cancellationToken);
        if (error is null)
            template.EditTaken(clock.GetUtcNow());
        return error;
    }

    private static ProblemHttpResult Refused(GraphError error) => TypedResults.Problem(
        detail: $"Meta refused: {error.Message}{(error.Details is { } details ? $" ({details})" : "")}. {error.Advice}", statusCode: StatusCodes.Status409Conflict,
        extensions: [KeyValuePair.Create<string, object?>("code", "meta_refused"), KeyValuePair.Create<string, object?>("metaCode", error.Code), KeyValuePair.Create<string, object?>("metaSubcode", error.Subcode)]);
}
