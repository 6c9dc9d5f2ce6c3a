namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is only known once the system runs.</summary>
public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

internal sealed class ComputedValue(Func<string> compute) : IValueProvider
{
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(compute());
}

public interface IResourceWithConnectionString : IResource, IValueProvider
{
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default);

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

    /// <summary>Host, port, user and the like, one by one, for what cannot read the connection string.</summary>
    internal IEnumerable<KeyValuePair<string, IValueProvider>> ConnectionProperties { get; }
}
