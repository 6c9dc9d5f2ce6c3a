using System.Text;
using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Bookbag.Tests.WhatsApp;

public sealed class WebhookSignatureTests
{
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes("an app secret");
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"entry":[],"object":"whatsapp_business_account"}""");

    [Fact]
    public void Is_the_hmac_that_any_other_tool_computes() =>
        // printf '%s' '{"entry":[]}' | openssl dgst -sha256 -hmac 'key'
        Assert.Equal("sha256=7acf3087acb760a616b6ef028b3c268722b5ef76278fb3a261a7382d7c654ec3", WebhookSignature.Sign("""{"entry":[]}"""u8, "key"u8));

    [Fact]
    public void Holds_for_the_known_example_of_rfc_4231() =>
        Assert.True(WebhookSignature.Verify(
            "what do ya want for nothing?"u8, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "Jefe"u8));

    [Fact]
    public void Holds_in_capitals_too() =>
        Assert.True(WebhookSignature.Verify(Body, "sha256=" + WebhookSignature.Sign(Body, Secret)[7..].ToUpperInvariant(), Secret));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256=")]
    [InlineData("sha1=5bdcc146bf60754e6a042426089575c75a003f08")]
    [InlineData("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384")]
    [InlineData("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec38433")]
    [InlineData("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384g")]
    [InlineData("SHA256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(" sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    public void A_header_of_another_shape_does_not_hold(string? header) =>
        Assert.False(WebhookSignature.Verify("what do ya want for nothing?"u8, header, "Jefe"u8));

    [Fact]
    public void An_empty_secret_verifies_nothing() => Assert.False(WebhookSignature.Verify(Body, WebhookSignature.Sign(Body, []), []));

    [Fact]
    public void Is_over_the_bytes_not_over_what_they_mean()
    {
        var signature = WebhookSignature.Sign("""{"text":"caf\u00e9"}"""u8, Secret);
        Assert.True(WebhookSignature.Verify("""{"text":"caf\u00e9"}"""u8, signature, Secret));
        Assert.False(WebhookSignature.Verify("""{"text":"café"}"""u8, signature, Secret));
    }

    [Property]
    public bool Every_body_verifies_with_its_own_signature(byte[] body, NonEmptyArray<byte> secret) =>
        WebhookSignature.Verify(body, WebhookSignature.Sign(body, secret.Get), secret.Get);

    [Property]
    public Property A_body_with_one_changed_byte_does_not_verify(NonEmptyArray<byte> body, byte other, NonNegativeInt position)
    {
        var at = position.Get % body.Get.Length;
        var changed = body.Get.ToArray();
        changed[at] = other;
        return (!WebhookSignature.Verify(changed, WebhookSignature.Sign(body.Get, Secret), Secret)).When(other != body.Get[at]);
    }

    [Property]
    public Property Another_secret_does_not_verify(byte[] body, NonEmptyArray<byte> other) =>
        (!WebhookSignature.Verify(body, WebhookSignature.Sign(body, Secret), other.Get)).When(!other.Get.SequenceEqual(Secret));

    [Fact]
    public void Verifying_allocates_nothing()
    {
        var header = WebhookSignature.Sign(Body, Secret);
        WebhookSignature.Verify(Body, header, Secret);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            WebhookSignature.Verify(Body, header, Secret);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
