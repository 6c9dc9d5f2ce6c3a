using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>What a span of a benchmark cost each part of the product in processor time: the same number whatever else the machine does meanwhile.</summary>
internal sealed class ProcessorUse
{
    private static readonly string[] Services = ["outbound", "inbound", "edge", "postgres", "redis"];

    private readonly Product _product;
    private readonly TimeSpan[] _before;

    private ProcessorUse(Product product) => (_product, _before) = (product, Now(product));

    /// <summary>The columns that <see cref="Per"/> fills; the last one is the benchmark's own process, with Meta's double in it.</summary>
    public static string[] Columns => [.. Services.Select(service => $"{service} µs"), "bench µs"];

    /// <summary>Begins a span.</summary>
    public static ProcessorUse From(Product product) => new(product);

    /// <summary>Microseconds of each part for each of so many rows.</summary>
    public object[] Per(int rows) => [.. Now(_product).Zip(_before, (now, before) => (object)((now - before).TotalMicroseconds / rows))];

    private static TimeSpan[] Now(Product product) => [.. Services.Select(product.ProcessorTimeOf), ProcessorTime.Own];
}
