using Bookbag.Inbound.Conversations;

namespace Bookbag.Tests.Rules;

public sealed class ReplyStepTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static readonly CustomerServiceWindow Open = new(Now.AddHours(-1));
    private static readonly CustomerServiceWindow Closed = new(Now.AddHours(-24));

    private static readonly PendingReply Due = new() { Id = default, At = Now, Text = "Yes", DueAt = Now };

    [Fact]
    public void A_due_reply_is_sent() =>
        Assert.IsType<ReplyStep.Send>(ReplyStep.For(Due, ConversationMode.Ai, Open, Now));

    [Fact]
    public void A_reply_that_is_not_due_waits() =>
        Assert.Equal(new ReplyStep.Wait(Now.AddTicks(1)), ReplyStep.For(Due with { DueAt = Now.AddTicks(1) }, ConversationMode.Ai, Open, Now));

    [Fact]
    public void An_answer_is_discarded_at_once_when_a_person_took_over() =>
        Assert.IsType<ReplyStep.Discard>(ReplyStep.For(Due with { DueAt = Now.AddMinutes(1) }, ConversationMode.Human, Open, Now));

    [Fact]
    public void A_persons_message_and_the_hand_off_go_out_although_a_person_has_the_conversation()
    {
        Assert.IsType<ReplyStep.Send>(ReplyStep.For(Due with { ByHand = true }, ConversationMode.Human, Open, Now));
        Assert.IsType<ReplyStep.Send>(ReplyStep.For(Due with { IsHandoff = true }, ConversationMode.Human, Open, Now));
    }

    [Fact]
    public void Nothing_goes_out_past_the_window()
    {
        Assert.Equal(new ReplyStep.Discard(ReplyStep.WindowClosed), ReplyStep.For(Due, ConversationMode.Ai, Closed, Now));
        Assert.Equal(new ReplyStep.Discard(ReplyStep.WindowClosed), ReplyStep.For(Due with { ByHand = true }, ConversationMode.Human, Closed, Now));
    }

    [Fact]
    public void A_reply_of_unknown_outcome_is_sent_once_more_and_never_a_third_time()
    {
        Assert.IsType<ReplyStep.Send>(ReplyStep.For(Due with { Unconfirmed = 1 }, ConversationMode.Ai, Open, Now));
        Assert.IsType<ReplyStep.GiveUp>(ReplyStep.For(Due with { Unconfirmed = 2 }, ConversationMode.Ai, Open, Now));
    }

    [Fact]
    public void A_reply_of_unknown_outcome_waits_for_its_status_and_is_then_given_up_where_it_must_not_be_repeated()
    {
        var unknown = Due with { Unconfirmed = 1, DueAt = Now.AddSeconds(1) };
        Assert.Equal(new ReplyStep.Wait(unknown.DueAt), ReplyStep.For(unknown, ConversationMode.Human, Open, Now));
        Assert.Equal(new ReplyStep.Wait(unknown.DueAt), ReplyStep.For(unknown, ConversationMode.Ai, Closed, Now));
        Assert.IsType<ReplyStep.GiveUp>(ReplyStep.For(unknown, ConversationMode.Human, Open, unknown.DueAt));
        Assert.IsType<ReplyStep.GiveUp>(ReplyStep.For(unknown, ConversationMode.Ai, Closed, unknown.DueAt));
    }
}
