
namespace Bookbag.Edge.Gateway;

/// <summary>Refuses a body that announces itself as larger than its route takes, before a service is bothered with it.</summary>
/// <remarks>A body of unannounced length is counted as it passes (<c>RouteConfig.MaxRequestBodySize</c>) and refused the same way.</remarks>
public sealed class BodyLimit(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Request.ContentLength > context.GetReverseProxyFeature().Route.Config.MaxRequestBodySize
            ? context.RefuseAsync(StatusCodes.Status413PayloadTooLarge)
            : next(context);
}
