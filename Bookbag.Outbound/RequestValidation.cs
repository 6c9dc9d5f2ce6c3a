namespace Bookbag.Outbound;

/// <summary>Lets requests be checked against their attributes before a handler sees them.</summary>
internal static class RequestValidation
{
    /// <summary>For both programs in this assembly: the generator behind <c>AddValidation</c> bears one call of it in an assembly, not two.</summary>
    public static IServiceCollection AddRequestValidation(this IServiceCollection services) => services.AddValidation();
}
