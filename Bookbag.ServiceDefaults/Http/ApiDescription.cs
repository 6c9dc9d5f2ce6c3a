using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.OpenApi;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>The OpenAPI document of a service, at <c>/openapi/v1.json</c>.</summary>
public static class ApiDescription
{
    private const string ApiKey = "apiKey";

    /// <summary>Describes every endpoint that is mapped, and how to sign in.</summary>
    public static IHostApplicationBuilder AddApiDescription(this IHostApplicationBuilder builder, string title)
    {
        builder.Services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = title;
            // The address is the Edge's, which the service does not know.
            document.Servers = [new OpenApiServer { Url = "/" }];
            document.AddComponent<IOpenApiSecurityScheme>(ApiKey, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key of a workspace or of one agent, oc_live_…",
            });
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKey, document)] = [] }];
            return Task.CompletedTask;
        }));
        return builder;
    }

    /// <summary>Maps the document for whoever is signed in.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi();
}
