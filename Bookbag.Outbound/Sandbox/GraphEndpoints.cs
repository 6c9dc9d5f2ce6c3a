using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's Graph API as far as the product uses it. Open without sign-in: the sandbox's access token is the key.</summary>
internal static class GraphEndpoints
{
    public static void MapGraph(this IEndpointRouteBuilder app)
    {
        var graph = app.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        graph.MapPost("/{version}/{id}/messages", SendAsync);
        graph.MapGet("/{version}/{id}", GetNodeAsync);
        graph.MapMedia();
        graph.MapGet("/{version}/debug_token", DebugTokenAsync);
        graph.MapGet("/debug_token", DebugTokenAsync);
        graph.MapGet("/{version}/{id}/phone_numbers", ListNumbersAsync);
        graph.MapGet("/{version}/{id}/subscribed_apps", ListSubscribedAppsAsync);
        graph.MapPost("/{version}/{id}/subscribed_apps", SubscribeAsync);
        graph.MapDelete("/{version}/{id}/subscribed_apps", UnsubscribeAsync);
        graph.MapTemplateGraph();
    }

    private static Task SendAsync(HttpContext http, string version, string id, GraphCall call, SendMessage send) =>
        call.TryNumber(http, version, id, out var number, out var refusal) ? send.HandleAsync(http, number) : call.RefuseAsync(http, refusal);

    private static async Task GetNodeAsync(
        HttpContext http, string version, string id, string? fields, GraphCall call, MediaShelf shelf, SandboxState state, SandboxOptions options, TimeProvider clock)
    {
        if (shelf.Find(id) is { } file)
        {
            await MediaEndpoints.DescribeAsync(http, id, file, call, options, clock);
            return;
        }

        if (await TemplateGraphEndpoints.TryReadAsync(http, id, fields, call, state))
            return;
        var asked = NumberFields.Parse(fields);
        if (!call.TryNumber(http, version, id, out var number, out var refusal))
            await call.RefuseAsync(http, refusal);
        else if (await call.FaultAsync(http, number))
            return;
        else if (NumberFields.Unknown(asked, version) is { } unknown)
            await call.RefuseAsync(http, unknown);
        else
            await GraphAnswer.WriteAsync(http.Response, 200, number, (writer, n) => NumberFields.Write(writer, n, asked, options.AppId));
    }

    private static async Task ListNumbersAsync(
        HttpContext http, string version, string id, string? fields, GraphCall call, SandboxState state, SandboxOptions options)
    {
        var asked = NumberFields.Parse(fields);
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        if (NumberFields.Unknown(asked, version) is { } unknown)
        {
            await call.RefuseAsync(http, unknown);
            return;
        }

        List<SandboxNumber> numbers;
        lock (state.Gate)
            numbers = [.. state.NumbersOf(account)];
        await GraphAnswer.WriteAsync(http.Response, 200, numbers, (writer, all) =>
        {
            writer.WriteStartArray("data"u8);
            foreach (var number in all)
            {
                writer.WriteStartObject();
                NumberFields.Write(writer, number, asked, options.AppId);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    private static Task DebugTokenAsync(HttpContext http, GraphCall call, SandboxOptions options)
    {
        if (call.CheckToken(http) is { } refusal)
            return call.RefuseAsync(http, refusal);
        var valid = http.Request.Query["input_token"] == options.AccessToken;
        return GraphAnswer.WriteAsync(http.Response, 200, options.AppId, (writer, appId) => WriteToken(writer, appId, valid));
    }

    private static void WriteToken(Utf8JsonWriter writer, string appId, bool valid)
    {
        writer.WriteStartObject("data"u8);
        writer.WriteBoolean("is_valid"u8, valid);
        writer.WriteStartArray("scopes"u8);
        if (valid)
        {
            writer.WriteStringValue("whatsapp_business_management"u8);
            writer.WriteStringValue("whatsapp_business_messaging"u8);
        }

        writer.WriteEndArray();
        if (valid)
        {
            writer.WriteString("app_id"u8, appId);
            writer.WriteString("type"u8, "SYSTEM_USER"u8);
            writer.WriteString("application"u8, "Bookbag Sandbox"u8);
            writer.WriteNumber("data_access_expires_at"u8, 0);
            writer.WriteNumber("expires_at"u8, 0);
            // A token for all assets names no target ids.
            writer.WriteStartArray("granular_scopes"u8);
            WriteScope(writer, "whatsapp_business_management"u8);
            WriteScope(writer, "whatsapp_business_messaging"u8);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject("error"u8);
            writer.WriteNumber("code"u8, 190);
            writer.WriteString("message"u8, "Invalid OAuth access token."u8);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteScope(Utf8JsonWriter writer, ReadOnlySpan<byte> scope)
    {
        writer.WriteStartObject();
        writer.WriteString("scope"u8, scope);
        writer.WriteEndObject();
    }

    private static Task ListSubscribedAppsAsync(HttpContext http, string version, string id, GraphCall call, SandboxOptions options) =>
        call.TryAccount(http, version, id, out var account, out var refusal)
            ? GraphAnswer.WriteAsync(http.Response, 200, (account, options.AppId), (writer, value) => WriteApps(writer, value.account, value.AppId))
            : call.RefuseAsync(http, refusal);

    private static void WriteApps(Utf8JsonWriter writer, SandboxAccount account, string appId)
    {
        writer.WriteStartArray("data"u8);
        if (account.Subscribed)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("whatsapp_business_api_data"u8);
            writer.WriteString("link"u8, $"https://www.facebook.com/games/?app_id={appId}");
            writer.WriteString("name"u8, "Bookbag Sandbox"u8);
            writer.WriteString("id"u8, appId);
            writer.WriteEndObject();
            if (account.CallbackUrl is { } callback)
                writer.WriteString("override_callback_uri"u8, callback.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static async Task SubscribeAsync(HttpContext http, string version, string id, GraphCall call, Handshake handshake, SandboxState state)
    {
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        var (callback, verifyToken) = await ReadOverrideAsync(http.Request, http.RequestAborted);
        if (callback is not null && await handshake.VerifyAsync(callback, verifyToken, http.RequestAborted) is { Verified: false, Detail: var detail })
        {
            await call.RefuseAsync(http, GraphRefusal.Parameter($"The override callback URI could not be verified: {detail}"));
            return;
        }

        lock (state.Gate)
            state.Subscribe(account, subscribed: true, callback);
        await GraphAnswer.SuccessAsync(http.Response);
    }

    private static Task UnsubscribeAsync(HttpContext http, string version, string id, GraphCall call, SandboxState state)
    {
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
            return call.RefuseAsync(http, refusal);
        lock (state.Gate)
            state.Subscribe(account, subscribed: false, null);
        return GraphAnswer.SuccessAsync(http.Response);
    }

    // {"override_callback_uri":"http://…","verify_token":"…"}; mostly there is no body at all.
    private static async Task<(Uri? Callback, string VerifyToken)> ReadOverrideAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType() || request.ContentLength == 0)
            return (null, "");
        using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken);
        var uri = body.RootElement.Text("override_callback_uri");
        return (Uri.TryCreate(uri, UriKind.Absolute, out var callback) ? callback : null, body.RootElement.Text("verify_token") ?? "");
    }
}
