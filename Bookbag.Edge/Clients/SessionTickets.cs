using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Bookbag.Edge.Clients;

/// <summary>By a ticket, which is used once and cannot be guessed, a request of the browser finds the circuit that asked it to show its cookie.</summary>
/// <remarks>Circuit and request meet in one process: a balancer in front of several Edges keeps a browser at one of them, as circuits ask for anyway.</remarks>
public sealed class SessionTickets
{
    private readonly ConcurrentDictionary<string, (Guid MemberId, Action<string> Receive)> _open = new();

    /// <summary>A ticket with which that member's browser hands its cookie over.</summary>
    public string Issue(Guid memberId, Action<string> receive)
    {
        var ticket = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _open[ticket] = (memberId, receive);
        return ticket;
    }

    /// <summary>Hands a cookie over; false where there is no such ticket, or it is another member's.</summary>
    public bool Redeem(string ticket, Guid memberId, string cookie)
    {
        if (!_open.TryRemove(ticket, out var open) || open.MemberId != memberId)
            return false;
        open.Receive(cookie);
        return true;
    }

    /// <summary>Nobody will use the ticket any more.</summary>
    public void Forget(string ticket) => _open.TryRemove(ticket, out _);
}
