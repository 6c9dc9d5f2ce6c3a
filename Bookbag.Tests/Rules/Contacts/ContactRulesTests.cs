using System.Text.Json;
using Bookbag.Outbound.Contacts;
using FsCheck;
using FsCheck.Xunit;
using Npgsql;

namespace Bookbag.Tests.Rules.Contacts;

public sealed class ContactRulesTests
{
    [Theory]
    [InlineData("+49 151 12345678", null, "4915112345678")]
    [InlineData("0151/12345678", "DE", "4915112345678")]
    [InlineData("(555) 123-4567", "US", "15551234567")]
    [InlineData("0044 20 7946 0018", "GB", "442079460018")]
    [InlineData("+5511987654321", null, "5511987654321")]
    public void Numbers_become_digits_with_country_code(string text, string? region, string digits)
    {
        Assert.True(E164.TryParse(text, region, out var read, out _));
        Assert.Equal(digits, read);
    }

    [Theory]
    [InlineData("0151 12345678", null, "country code")]
    [InlineData("+1 555 12", "US", "digits")]
    [InlineData("call me", "DE", "not a phone number")]
    [InlineData("+49 30 123456 ext. 5", "DE", "extension")]
    public void What_is_no_number_says_why(string text, string? region, string reason)
    {
        Assert.False(E164.TryParse(text, region, out _, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AttributeType.Number, "12,5", "12.5")]
    [InlineData(AttributeType.Number, "-3", "-3")]
    [InlineData(AttributeType.Date, "30.11.2026", "\"2026-11-30\"")]
    [InlineData(AttributeType.Date, "2026-11-30T18:00:00+02:00", "\"2026-11-30T16:00:00Z\"")]
    [InlineData(AttributeType.Boolean, "Yes", "true")]
    [InlineData(AttributeType.List, "a; b;a", "[\"a\",\"b\"]")]
    public void Values_are_kept_in_their_types_form(AttributeType type, string text, string json)
    {
        Assert.True(AttributeValues.TryRead(type, text, out var read, out _));
        Assert.Equal(json, read);
    }

    [Theory]
    [InlineData("1;22;3.5", AttributeType.Number)]
    [InlineData("01234;22345", AttributeType.Text)]
    [InlineData("2026-01-02;;2026-03-04", AttributeType.Date)]
    [InlineData("yes;no", AttributeType.Boolean)]
    [InlineData("1;two", AttributeType.Text)]
    [InlineData("", AttributeType.Text)]
    public void The_type_of_a_column_is_that_of_all_its_samples(string samples, AttributeType type) => Assert.Equal(type, AttributeValues.TypeOf(samples.Split(';')));

    [Theory]
    [InlineData("""{"all":[{"field":"shoe","value":"1"}]}""", "filter.all[0].field")]
    [InlineData("""{"any":[]}""", "filter.any")]
    [InlineData("""{"tag":""}""", "filter.tag")]
    [InlineData("""{"field":"name","op":"any_of","value":"x"}""", "filter.value")]
    [InlineData("""{"field":"createdAt","op":"at_least","value":"soon"}""", "no time")]
    [InlineData("""{"attribute":"a","op":"greater_than","value":true}""", "filter.value")]
    [InlineData("""{"all":[{"all":[{"all":[{"all":[{"all":[{"tag":"x"}]}]}]}]}]}""", "nested")]
    [InlineData("[1]", "no object")]
    [InlineData("""{"city":"x"}""", "says nothing")]
    public void A_filter_that_is_none_names_the_place(string json, string place)
    {
        Assert.False(ContactFilter.TryParse(JsonElement.Parse(json), out _, out var problem));
        Assert.Contains(place, problem, StringComparison.Ordinal);
    }

    [Property]
    public void No_value_ever_becomes_part_of_the_statement(NonNull<string> text)
    {
        var value = text.Get.Replace("\0", "", StringComparison.Ordinal);
        if (value.Length is 0 or > 500)
            return;
        var json = JsonSerializer.SerializeToElement(new
        {
            all = new object[] { new { tag = value }, new { attribute = value, op = "is", value }, new { field = "name", op = "contains", value }, new { attribute = value, op = "any_of", value = new[] { value } } },
        });
        Assert.True(ContactFilter.TryParse(json, out var filter, out _));
        var parameters = new List<NpgsqlParameter>();
        var sql = ContactFilterSql.Where(filter, parameters);
        var template = ContactFilterSql.Where(
            new ContactFilter.All([
                new ContactFilter.Tag("x", true), new ContactFilter.Attribute("x", FilterOperator.Is, [JsonElement.Parse("\"x\"")]),
                new ContactFilter.Field(ContactField.Name, FilterOperator.Contains, ["x"]), new ContactFilter.Attribute("x", FilterOperator.AnyOf, [JsonElement.Parse("\"x\"")])]),
            new List<NpgsqlParameter>());
        Assert.Equal(template, sql);
        Assert.Equal(6, parameters.Count);
    }

    [Fact]
    public void Rows_of_one_person_are_one_and_the_later_word_counts()
    {
        var batch = new ContactBatch(ContactKey.Phone);
        Assert.Null(batch.Add(new ContactRow { Number = 1, Phone = "1", Name = "A", Tags = ["x"], Attributes = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } }));
        Assert.Null(batch.Add(new ContactRow { Number = 2, Phone = "2", ExternalId = "e2" }));
        Assert.Null(batch.Add(new ContactRow { Number = 3, Phone = "1", ExternalId = "e1", Name = "B", Tags = ["y"], Attributes = new Dictionary<string, string> { ["b"] = "3" } }));
        Assert.Equal("external_id_taken", batch.Add(new ContactRow { Number = 4, Phone = "1", ExternalId = "e2" })?.Code);
        Assert.Equal((2, 1), (batch.Rows.Count, batch.Duplicates));
        var merged = batch.Rows[0];
        Assert.Equal((1, "B", "e1", "x,y", "1", "3"), (merged.Number, merged.Name, merged.ExternalId, string.Join(',', merged.Tags), merged.Attributes["a"], merged.Attributes["b"]));
    }

    [Property]
    public void However_rows_come_no_key_is_in_a_batch_twice((byte Phone, byte External)[] rows)
    {
        var batch = new ContactBatch(ContactKey.ExternalId);
        for (var i = 0; i < rows.Length; i++)
            batch.Add(new ContactRow { Number = i, Phone = $"{rows[i].Phone % 8}", ExternalId = rows[i].External % 3 == 0 ? null : $"{rows[i].External % 8}" });
        Assert.Equal(batch.Rows.Count, batch.Rows.Select(r => r.Phone).Distinct().Count());
        Assert.Equal(batch.Rows.Count(r => r.ExternalId is not null), batch.Rows.Where(r => r.ExternalId is not null).Select(r => r.ExternalId).Distinct().Count());
    }
}
