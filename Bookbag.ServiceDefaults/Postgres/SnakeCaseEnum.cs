using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Stores an enum as the same snake_case text that the API shows: <c>properties.HaveConversion&lt;SnakeCaseEnum&lt;Role&gt;&gt;()</c>.</summary>
public sealed class SnakeCaseEnum<TEnum>() : ValueConverter<TEnum, string>(value => Names[value], text => Values[text]) where TEnum : struct, Enum
{
    private static readonly Dictionary<TEnum, string> Names = Enum.GetValues<TEnum>().ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
    private static readonly Dictionary<string, TEnum> Values = Names.ToDictionary(pair => pair.Value, pair => pair.Key);
}
