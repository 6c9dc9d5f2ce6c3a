namespace Bookbag.Inbound.HelpDesk;

/// <summary>Adds the help desk.</summary>
public static class HelpDeskExtensions
{
    /// <summary>Adds the workers that give tickets out and sum them up.</summary>
    public static IHostApplicationBuilder AddHelpDesk(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TicketAssigner>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TicketAssigner>());
        builder.Services.AddSingleton<SummaryWriter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SummaryWriter>());
        return builder;
    }
}
