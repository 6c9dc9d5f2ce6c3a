using System.Text.Json;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>The words for enums in SQL that is written by hand: the same snake_case text as <see cref="SnakeCaseEnum{TEnum}"/> stores and the API shows.</summary>
public static class EnumWords
{
    /// <summary>The word for a value.</summary>
    public static string Of<TEnum>(TEnum value) where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>Reads a word; exactly the word, as the API writes it.</summary>
    public static bool TryParse<TEnum>(string word, out TEnum value) where TEnum : struct, Enum
    {
        foreach (var known in Enum.GetValues<TEnum>())
        {
            if (Of(known) == word)
            {
                value = known;
                return true;
            }
        }

        value = default;
        return false;
    }
}
