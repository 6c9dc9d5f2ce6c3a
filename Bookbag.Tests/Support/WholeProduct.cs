namespace Bookbag.Tests.Support;

/// <summary>Tests that start the whole product run one after the other: each wants the machine for itself.</summary>
[CollectionDefinition(nameof(WholeProduct), DisableParallelization = true)]
public sealed class WholeProduct;
