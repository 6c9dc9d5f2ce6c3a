namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A value from outside the model: configuration, or a generated password.</summary>
    public class ParameterResource : Resource, IValueProvider
    {
        private readonly Lazy<string> _value;

        internal ParameterResource(string name, Func<string> value, bool secret) : base(name)
        {
            _value = new Lazy<string>(value);
            Secret = secret;
        }

        public bool Secret { get; }

        internal string Value => _value.Value;

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(_value.Value);
    }
}

namespace Aspire.Hosting
{
    using Aspire.Hosting.ApplicationModel;

    public class MissingParameterValueException(string message) : DistributedApplicationException(message);

    public static class ParameterResourceBuilderExtensions
    {
        public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
            builder.AddResource(new ParameterResource(name, () => ValueOf(builder, name), secret));

        private static string ValueOf(IDistributedApplicationBuilder builder, string name) =>
            builder.Configuration[$"Parameters:{name}"]
            ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"]
            ?? throw new MissingParameterValueException($"The parameter '{name}' has no value: set 'Parameters:{name}'.");
    }
}
