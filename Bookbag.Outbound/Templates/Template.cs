using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Templates;

/// <summary>Meta's words for a template's status that something here depends on; any other is shown as it is.</summary>
public static class TemplateStatuses
{
    /// <summary>Ours: never submitted.</summary>
    public const string Draft = "DRAFT";

    /// <summary>Under review.</summary>
    public const string Pending = "PENDING";

    /// <summary>May be sent; nothing else may.</summary>
    public const string Approved = "APPROVED";

    /// <summary>Refused, with a reason.</summary>
    public const string Rejected = "REJECTED";

    /// <summary>Held by Meta for its quality.</summary>
    public const string Paused = "PAUSED";

    /// <summary>Ended by Meta for its quality.</summary>
    public const string Disabled = "DISABLED";

    /// <summary>Gone at Meta.</summary>
    public const string Deleted = "DELETED";
}

/// <summary>A message that Meta must approve before it may open a conversation, in one language.</summary>
public sealed class Template
{
    private Template() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public Guid? ChannelId { get; private set; }
    public string? BusinessAccountId { get; private set; }

    /// <summary>Meta's id; null while it was never submitted.</summary>
    public string? MetaId { get; private set; }

    public string Name { get; private set; } = "";
    public string Language { get; private set; } = "";

    /// <summary>MARKETING, UTILITY, AUTHENTICATION, or what else Meta says.</summary>
    public string Category { get; private set; } = "";

    /// <summary>Exactly as Meta says, or <see cref="TemplateStatuses.Draft"/>.</summary>
    public string Status { get; private set; } = "";

    public DateTimeOffset StatusAt { get; private set; }
    public string? Quality { get; private set; }

    /// <summary><c>positional</c> or <c>named</c>.</summary>
    public string ParameterFormat { get; private set; } = "";

    /// <summary>Meta's own JSON, the examples in it.</summary>
    public JsonElement Components { get; private set; }

    public int? TtlSeconds { get; private set; }
    public string? RejectionReason { get; private set; }
    public string? RejectionDetail { get; private set; }
    public string? PreviousCategory { get; private set; }
    public DateTimeOffset? CategoryChangedAt { get; private set; }
    public string? NextCategory { get; private set; }
    public DateTimeOffset? NextCategoryAt { get; private set; }

    /// <summary>A change that was made here and not submitted yet.</summary>
    public JsonElement? PendingComponents { get; private set; }

    public string? Problem { get; private set; }
    public DateTimeOffset? SubmittedAt { get; private set; }
    public DateTimeOffset? SyncedAt { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Whether Meta lets it be sent.</summary>
    public bool IsSendable => Status == TemplateStatuses.Approved && DeletedAt is null;

    /// <summary>The template with the change that is not submitted yet, where there is one.</summary>
    internal TemplateDefinition Latest => TemplateDefinition.Read(PendingComponents ?? Components, ParameterFormat, Category);

    /// <summary>A template that Meta does not know yet.</summary>
    internal static Template Draft(Guid workspaceId, Guid agentId, TemplateDraft draft, DateTimeOffset now)
    {
        var template = new Template { WorkspaceId = workspaceId, AgentId = agentId, Id = Guid.CreateVersion7(now), Status = TemplateStatuses.Draft, StatusAt = now, CreatedAt = now };
        template.Edit(draft, now);
        return template;
    }

    /// <summary>Why Meta would not take an edit; null where it would.</summary>
    internal (string Code, string Words)? RefusesEdit(TemplateDraft draft)
    {
        if (Status == TemplateStatuses.Draft)
            return null;
        if (Status is not (TemplateStatuses.Approved or TemplateStatuses.Rejected or TemplateStatuses.Paused))
            return ("template_not_editable", $"Meta lets approved, rejected and paused templates be changed; this one is {Status}.");
        if (draft.Name != Name || draft.Language != Language || draft.ParameterFormat != ParameterFormat)
            return ("template_name_fixed", "Name, language and parameter format of a submitted template stay. Write another template.");
        return draft.Category != Category ? ("template_category_fixed", "The category of a submitted template stays. Write another template.") : null;
    }

    /// <summary>Says it anew: a draft at once, what Meta knows when it is submitted again.</summary>
    internal void Edit(TemplateDraft draft, DateTimeOffset now)
    {
        if (Status == TemplateStatuses.Draft)
            (Name, Language, Category, ParameterFormat, Components, TtlSeconds) = (draft.Name, draft.Language, draft.Category, draft.ParameterFormat, draft.Components, draft.TtlSeconds);
        else
            PendingComponents = draft.Components;
        (Problem, UpdatedAt) = (null, now);
    }

    /// <summary>Meta took it, in a category of its own choice perhaps.</summary>
    internal void Submitted(CreatedTemplate created, Guid channelId, string businessAccountId, DateTimeOffset now)
    {
        (MetaId, Status, StatusAt, ChannelId, BusinessAccountId, Problem, UpdatedAt) = (created.Id, created.Status, now, channelId, businessAccountId, null, now);
        if (created.Category is { } category && category != Category)
            (PreviousCategory, CategoryChangedAt, Category) = (Category, now, category);
    }

    /// <summary>Meta took the change and reviews it.</summary>
    internal void EditTaken(DateTimeOffset now)
    {
        (Components, PendingComponents) = (PendingComponents ?? Components, null);
        (Status, StatusAt, RejectionReason, RejectionDetail, Problem, UpdatedAt) = (TemplateStatuses.Pending, now, null, null, null, now);
    }

    /// <summary>Meta did not take it.</summary>
    internal void Refused(string problem, DateTimeOffset now) => (Problem, UpdatedAt) = (problem, now);

    /// <summary>It is gone, here and at Meta.</summary>
    internal void Remove(DateTimeOffset now)
    {
        if (MetaId is not null)
            (Status, StatusAt) = (TemplateStatuses.Deleted, now);
        (DeletedAt, UpdatedAt) = (now, now);
    }

    internal sealed class Mapping : IEntityTypeConfiguration<Template>
    {
        public void Configure(EntityTypeBuilder<Template> builder)
        {
            builder.ToTable("templates").HasKey(t => new { t.WorkspaceId, t.AgentId, t.Id });
            builder.Property(t => t.Components).HasColumnType("jsonb");
            builder.Property(t => t.PendingComponents).HasColumnType("jsonb");
            builder.Ignore(t => t.IsSendable);
            builder.Ignore(t => t.Latest);
        }
    }
}

/// <summary>The last sync of an agent's templates with Meta.</summary>
public sealed class TemplateSync
{
    private TemplateSync() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public DateTimeOffset StartedAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }
    public int Found { get; private set; }

    /// <summary>What could not be read, in words.</summary>
    public string[] Problems { get; private set; } = [];

    /// <summary>Whether every page was read.</summary>
    public bool Complete { get; private set; }

    /// <summary>When a sync last was complete.</summary>
    public DateTimeOffset? CompletedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<TemplateSync>
    {
        public void Configure(EntityTypeBuilder<TemplateSync> builder) => builder.ToTable("template_syncs").HasKey(s => new { s.WorkspaceId, s.AgentId });
    }
}
