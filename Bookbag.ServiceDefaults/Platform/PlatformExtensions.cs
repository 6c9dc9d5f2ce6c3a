using System.Security.Cryptography.X509Certificates;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bookbag.ServiceDefaults.Platform;

/// <summary>Gives a service the platform's schema and what goes with it.</summary>
public static class PlatformExtensions
{
    /// <summary>The platform's context, the tenant that limits every context, Data Protection with its key ring in Postgres, and <see cref="SecretProtector"/>.</summary>
    public static IHostApplicationBuilder AddPlatform(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(SecretProtector)))
            return builder;

        builder.AddSchema<PlatformDb>(PlatformDb.Schema);
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddScoped(services => services.GetRequiredService<IHttpContextAccessor>().HttpContext is { } http
            ? Tenant.Of(() => http.User.FindCaller())
            : Tenant.Everything);

        builder.Services.AddSingleton<SecretProtector>();
        builder.Services.AddSingleton<ActivityWriter>();
        builder.Services.AddScoped<ActivitySubject>();
        builder.AddKeyRing();
        return builder;
    }

    /// <summary>Keeps all channels in memory: for services with paths on which every request needs one.</summary>
    public static IHostApplicationBuilder AddChannelDirectory(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(ChannelDirectory)))
            return builder;

        builder.AddPlatform();
        builder.Services.AddSingleton<ChannelDirectory>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChannelDirectory>());
        return builder;
    }

    /// <summary>One key ring for all services: the cookie that the Edge gives out is read by every one of them.</summary>
    private static void AddKeyRing(this IHostApplicationBuilder builder)
    {
        var protection = builder.Services.AddDataProtection().SetApplicationName("Bookbag").PersistKeysToDbContext<PlatformDb>();

        // The database holds the key ring and what it protects: a certificate from elsewhere keeps a stolen backup closed.
        // Without one the keys lie in the database in clear, which is what development does.
        var settings = builder.Configuration.GetSection("KeyRing");
        if (settings["CertificatePath"] is { Length: > 0 } path)
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(path, settings["CertificatePassword"]);
            protection.ProtectKeysWithCertificate(certificate).UnprotectKeysWithAnyCertificate(certificate);
        }

        else if (builder.Environment.IsDevelopment())
        {
            builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error); // it warns of just that
        }

        // The first key is made under the lock of the start steps; two services that start at once would each make their own.
        builder.AddStartStep("key ring", (services, _) =>
        {
            services.GetRequiredService<IDataProtectionProvider>().CreateProtector("start").Protect("");
            return Task.CompletedTask;
        });
    }
}
