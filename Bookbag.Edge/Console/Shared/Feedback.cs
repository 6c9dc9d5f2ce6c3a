using Bookbag.Edge.Clients;
using MudBlazor;

namespace Bookbag.Edge.Console.Shared;

/// <summary>How a page answers what somebody does: says that it is done, or in words why not, and asks before what cannot be undone.</summary>
public sealed class Feedback(ISnackbar snackbar, IDialogService dialogs)
{
    /// <summary>Says something that is good to know.</summary>
    public void Say(string words) => snackbar.Add(words, Severity.Success);

    /// <summary>Says what went wrong, and leaves it there until it is read.</summary>
    public void Warn(string words) => snackbar.Add(words, Severity.Error, snack => (snack.RequireInteraction, snack.CloseAfterNavigation) = (true, true));

    /// <summary>Does it, and says that it is <paramref name="done"/> or why not; whether it is.</summary>
    public async Task<bool> TryAsync(Func<Task> action, string? done = null)
    {
        try
        {
            await action();
        }
        catch (ApiException failure)
        {
            Warn(failure.Message);
            return false;
        }
        catch (OperationCanceledException)
        {
            // The member left the page.
            return false;
        }

        if (done is not null)
            Say(done);
        return true;
    }

    /// <summary>Asks whether to do what cannot be undone. The words say what will be lost.</summary>
    public async Task<bool> ConfirmAsync(string title, string words, string doIt)
    {
        var parameters = new DialogParameters<ConfirmDialog> { { d => d.Words, words }, { d => d.DoIt, doIt } };
        var dialog = await dialogs.ShowAsync<ConfirmDialog>(title, parameters, new DialogOptions { MaxWidth = MaxWidth.ExtraSmall, FullWidth = true });
        return await dialog.Result is { Canceled: false };
    }
}
