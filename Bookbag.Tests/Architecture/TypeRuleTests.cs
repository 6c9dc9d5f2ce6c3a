using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Bookbag.Tests.Architecture;

/// <summary>Rules that the types of the product obey (that classes are sealed, the analyzers see: CA1852). Each has a sample that breaks it, so that the rule is known to see.</summary>
public sealed class TypeRuleTests
{
    private static readonly string[] Product = ["Bookbag.ServiceDefaults", "Bookbag.Edge", "Bookbag.Inbound", "Bookbag.Outbound"];

    [Fact]
    public void Request_records_are_public_because_validation_skips_others_in_silence() =>
        Assert.Empty(Handlers().SelectMany(HiddenRequests));

    [Fact]
    public void The_request_rule_sees_what_breaks_it() => Assert.Single(HiddenRequests(Samples.Handler));

    [Fact]
    public void Handlers_that_wait_can_be_cancelled() =>
        Assert.Empty(Handlers().Where(CannotBeCancelled).Select(Name));

    [Fact]
    public void The_cancelling_rule_sees_what_breaks_it() => Assert.True(CannotBeCancelled(Samples.Handler));

    [Fact]
    public void There_are_handlers_to_look_at() => Assert.NotEmpty(Handlers());

    private static IEnumerable<Type> ProductTypes() =>
        Product.SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(t => t.GetCustomAttribute<CompilerGeneratedAttribute>() is null && t.Namespace?.StartsWith("Bookbag.", StringComparison.Ordinal) == true);

    /// <summary>Endpoint handlers: static methods whose result is one of minimal APIs' typed results.</summary>
    private static IEnumerable<MethodInfo> Handlers() =>
        ProductTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(m => !m.Name.Contains('<', StringComparison.Ordinal) && IsResult(m.ReturnType) && m.GetParameters().Length > 0)
            .Where(m => m.DeclaringType!.Namespace?.StartsWith("Bookbag.ServiceDefaults", StringComparison.Ordinal) == false);

    private static bool IsResult(Type type) =>
        typeof(IResult).IsAssignableFrom(Unwrap(type));

    private static Type Unwrap(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : type;

    private static IEnumerable<string> HiddenRequests(MethodInfo handler) =>
        from parameter in handler.GetParameters()
        let type = parameter.ParameterType
        where IsRecord(type) && type.Assembly == handler.DeclaringType!.Assembly && !type.IsVisible
        select $"{Name(handler)}: {type.Name}";

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    /// <summary>ASP.NET Core Identity's managers take no token: they watch the request's own.</summary>
    private static bool CannotBeCancelled(MethodInfo handler) =>
        Unwrap(handler.ReturnType) != handler.ReturnType
        && handler.GetParameters().All(p => p.ParameterType != typeof(CancellationToken) && p.ParameterType != typeof(HttpContext)
            && p.ParameterType.Namespace != "Microsoft.AspNetCore.Identity");

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";

    private static class Samples
    {
        public static MethodInfo Handler { get; } = typeof(Samples).GetMethod(nameof(Handle), BindingFlags.Static | BindingFlags.NonPublic)!;

        internal sealed record Request(string Name);

        private static Task<IResult> Handle(Request request) => Task.FromResult<IResult>(TypedResults.Ok(request.Name));
    }
}
